"""The JSON API under /api/v1."""

from apiflask import APIBlueprint

from web.api import clips, labelling, people, photos, predictions, runs, similar, tokens, tried, uploads


def blueprints() -> list[APIBlueprint]:
    modules = (photos, uploads, clips, tried, people, tokens, labelling, predictions, similar, runs)
    return [module.blueprint for module in modules]
