"""The JSON API under /api/v1."""

from apiflask import APIBlueprint

from web.api import (
    assignments,
    care,
    classes,
    clips,
    comments,
    disputes,
    exports,
    filters,
    imports,
    labelling,
    maps,
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
    """In the order in which the document shows them."""
    modules = (
        *(
            photos,
            uploads,
            clips,
            tried,
            classes,
            labelling,
            comments,
            assignments,
            disputes,
            similar,
            tags,
            filters,
        ),
        *(maps, runs, predictions, versions, imports, exports, people, tokens, webhooks, care),
    )
    return [module.blueprint for module in modules]
