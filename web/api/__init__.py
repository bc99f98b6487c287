"""The JSON API under /api/v1."""

from apiflask import APIBlueprint

from web.api import clips, labelling, people, photos, runs, tokens, tried, uploads


def blueprints() -> list[APIBlueprint]:
    return [module.blueprint for module in (photos, uploads, clips, tried, people, tokens, labelling, runs)]
