"""The JSON API: the contract of DESIGN section 7."""

from apiflask import APIBlueprint

from web.api import labelling, photos, runs


def blueprints() -> list[APIBlueprint]:
    return [photos.blueprint, labelling.blueprint, runs.blueprint]
