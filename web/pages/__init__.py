"""The pages: each module parses, calls one domain function, commits and renders."""

from apiflask import APIBlueprint

from web.pages import (
    account,
    agreement,
    assignments,
    audit,
    backups,
    boxes,
    certificate,
    classes,
    comments,
    compare,
    detector,
    documentation,
    faces,
    gallery,
    home,
    imports,
    label,
    live,
    map,
    mine,
    model,
    observed,
    operations,
    passkeys,
    people_access,
    pictures,
    sign_in,
    simulations,
    tags,
    transfers,
    try_it,
    upload,
    versions,
    webhooks,
)


def blueprints() -> list[APIBlueprint]:
    """The blueprint of every page. Those of the runs and the people come from `live` and
    `people_access`, which add their routes to them."""
    first = (
        *(home, sign_in, account, certificate, passkeys, upload, mine, pictures, label, boxes, agreement),
        *(classes, gallery, faces, tags, transfers, comments, versions, assignments),
    )
    last = (
        people_access,
        live,
        model,
        compare,
        try_it,
        simulations,
        detector,
        map,
        observed,
        backups,
        webhooks,
        operations,
        audit,
        imports,
    )
    return [module.pages for module in (*first, *last, documentation)]
