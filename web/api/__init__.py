"""The JSON API under /api/v1."""

from apiflask import APIBlueprint

from web.api import (
    clips,
    comments,
    exports,
    filters,
    imports,
    labelling,
    people,
    photos,
    predictions,
    runs,
    similar,
    tags,
    tokens,
    tried,
    uploads,
    versions,
    webhooks,
)


def blueprints() -> list[APIBlueprint]:
    modules = (
        photos,
        uploads,
        clips,
        imports,
        tried,
        people,
        tokens,
        labelling,
        predictions,
        similar,
        comments,
        runs,
        tags,
        filters,
        exports,
        webhooks,
        versions,
    )
    return [module.blueprint for module in modules]
