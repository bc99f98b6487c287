"""The pages: each module parses, calls one domain function, commits and renders."""

from apiflask import APIBlueprint

from web.pages import (
    agreement,
    boxes,
    classes,
    compare,
    detector,
    gallery,
    home,
    label,
    live,
    map,
    mine,
    people,
    pictures,
    sign_in,
    simulations,
    upload,
)


def blueprints() -> list[APIBlueprint]:
    """The blueprint of every page. That of the runs comes from `live`, which adds its routes to it."""
    first = (home, sign_in, upload, mine, pictures, label, boxes, agreement, classes, gallery, people)
    return [module.pages for module in (*first, live, compare, simulations, detector, map)]
