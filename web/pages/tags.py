"""Tags and saved filters: put on what was chosen, looked after, sent to review."""

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labeller.datasets import names, review, saved_filters, tags
from labeller.datasets.sources import Selection, with_tag
from labeller.photos.access import get_photo
from labeller.queue import picks_by_hand
from web.auth.identity import me
from web.database import db
from web.i18n import _, ngettext
from web.input import numbers, optional_number
from web.pages.gallery import back, posted_query, selection_of
from web.pages.review_notice import summary

pages = APIBlueprint("tags", __name__, enable_openapi=False)


@pages.get("/tags")
def page() -> ResponseReturnValue:
    return render_template(
        "tags/tags.html", tags=tags.all_tags(db()), saved_filters=saved_filters.all_filters(db())
    )


@pages.post("/gallery/tag")
def tag_chosen() -> ResponseReturnValue:
    """Put a tag on the chosen faces or photos, or take it off."""
    ids = numbers(request.form, "id")
    on = tags.Targets(photos=ids) if posted_query().get("view") == "photos" else tags.Targets(faces=ids)
    if not ids:
        flash(_("Choose what the tag is for first."))
        return back()
    flash(_change(on))
    db().commit()
    return back()


@pages.post("/photos/<int:photo_id>/tags")
def tag_photo(photo_id: int) -> ResponseReturnValue:
    """Put a tag on a photo or one of its faces, or take it off."""
    photo, face = get_photo(db(), photo_id), optional_number(request.form, "face")
    _change(tags.Targets(photos=[photo.id]) if face is None else tags.Targets(faces=[face]))
    db().commit()
    return redirect(url_for("gallery.photo", photo_id=photo.id))


@pages.post("/tags/<int:tag_id>")
def edit_tag(tag_id: int) -> ResponseReturnValue:
    """Rename or delete a tag."""
    tag = tags.get_tag(db(), tag_id)
    if request.form.get("do") == "delete":
        tags.delete_tag(db(), tag, me())
        flash(_("The tag “%(name)s” is deleted.", name=tag.name))
    else:
        names.rename(db(), tag, request.form.get("name", ""))
    db().commit()
    return redirect(url_for(".page"))


@pages.post("/gallery/filters")
def save_filter() -> ResponseReturnValue:
    """Save the filter of the page that the form was on."""
    saved = saved_filters.save(db(), request.form.get("name", ""), selection_of(posted_query()))
    db().commit()
    return redirect(url_for("gallery.page", saved=saved.id))


@pages.post("/gallery/filters/<int:filter_id>")
def edit_filter(filter_id: int) -> ResponseReturnValue:
    """Rename or delete a saved filter."""
    saved = saved_filters.get_filter(db(), filter_id)
    if request.form.get("do") == "delete":
        saved_filters.delete_filter(db(), saved, me())
        flash(_("The filter “%(name)s” is deleted.", name=saved.name))
    else:
        names.rename(db(), saved, request.form.get("name", ""))
    db().commit()
    return redirect(url_for(".page"))


@pages.post("/gallery/review")
def send_to_review() -> ResponseReturnValue:
    """Send the chosen faces to review."""
    done = picks_by_hand.choose_faces(db(), me(), numbers(request.form, "id"))
    db().commit()
    flash(summary(done))
    return back()


@pages.post("/tags/review")
def send_all_to_review() -> ResponseReturnValue:
    """Send what a tag or a saved filter chooses to review."""
    done = review.send_to_review(db(), me(), _posted_source())
    db().commit()
    text = summary(done.choice)
    if done.more:
        text += " " + _("These are the newest %(n)s.", n=picks_by_hand.MOST)
    flash(text)
    return redirect(url_for(".page"))


def _posted_source() -> Selection:
    """What the form names: a tag or a saved filter. Raises BadInput and NotFound."""
    if (tag_id := optional_number(request.form, "tag")) is not None:
        return with_tag(tags.get_tag(db(), tag_id).id)
    saved = saved_filters.get_filter(db(), optional_number(request.form, "saved") or 0)
    return saved_filters.read(db(), saved)


def _change(targets: tags.Targets) -> str:
    """Put the form's tag on, or take it off; what was done."""
    tag = tags.find_or_add(db(), request.form.get("tag", ""))
    if request.form.get("do") == "off":
        count = tags.take_off(db(), tag, targets)
        return ngettext(
            "Tag “%(name)s” taken off %(n)s.", "Tag “%(name)s” taken off %(n)s.", count, name=tag.name
        )
    count = tags.put_on(db(), tag, targets)
    return ngettext("Tag “%(name)s” put on %(n)s.", "Tag “%(name)s” put on %(n)s.", count, name=tag.name)
