"""Secrets of webhooks and signatures, by the convention of standardwebhooks.com.

A secret is not stored. It is the HMAC of a stored random seed by the workbench's signing key, which is in no
table: who has a copy of the database alone cannot sign.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from db.models import Webhook, WebhookDelivery
from db.settings import settings

PREFIX = "whsec_"


def new_seed() -> str:
    return secrets.token_hex(32)


def secret(seed: str) -> str:
    """The secret as its receiver is given it."""
    return PREFIX + base64.b64encode(_key(seed)).decode()


def headers(hook: Webhook, delivery: WebhookDelivery, at: datetime) -> dict[str, str]:
    """The three headers of an attempt at time `at`; after a change of the secret with both signatures."""
    stamp = str(int(at.timestamp()))
    signed = f"{delivery.message}.{stamp}.{delivery.body}".encode()
    seeds = [hook.seed]
    if hook.old_seed is not None and hook.old_seed_until is not None and hook.old_seed_until > at:
        seeds.append(hook.old_seed)
    signatures = (base64.b64encode(_hmac(_key(seed), signed)).decode() for seed in seeds)
    return {
        "webhook-id": delivery.message,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(seed: str) -> bytes:
    return _hmac(settings().signing_key().encode(), f"webhook secret {seed}".encode())


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()
