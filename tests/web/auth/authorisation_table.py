"""Who may call what: the status of each route and method, by person."""

from dataclasses import dataclass

from tests.web.auth.authorisation_table_api import API

PEOPLE = ("anonymous", "friend", "other", "labeller", "owner")
PAGES = """
GET    /                                                     hello     302       302       200       200
GET    /agreement                                            hello     403       403       200       200
POST   /agreement/<int:face_id>                              hello     403       403       302       302
GET    /assets/<name>                                        200       200       200       200       200
GET    /assignments                                          hello     403       403       403       200
POST   /assignments                                          hello     403       403       403       400
POST   /assignments/<int:assignment_id>/withdraw             hello     403       403       403       404
GET    /audit                                                hello     403       403       403       200
GET    /audit.<ending>                                       hello     403       403       403       404
GET    /backups                                              hello     403       403       403       200
POST   /backups                                              hello     403       403       403       302
POST   /backups/<int:backup_id>/cancel                       hello     403       403       403       404
POST   /backups/<int:backup_id>/delete                       hello     403       403       403       404
GET    /backups/<int:backup_id>/file                         hello     403       403       403       404/403
GET    /backups/list                                         hello     403       403       403       200
POST   /backups/schedule                                     hello     403       403       403       302
GET    /boxes                                                hello     403       403       302       302
GET    /boxes/<int:photo_id>                                 hello     403       403       200       200
GET    /ca.crt                                               404       404       404       404       404
GET    /certificate                                          404       404       404       404       404
GET    /classes                                              hello     403       403       403       200
POST   /classes                                              hello     403       403       403       302
POST   /classes/undo/<int:event_id>                          hello     403       403       403       302
GET    /comments                                             hello       403       403       200       200
GET    /compare                                              hello     403       403       200       200
GET    /detector                                             hello     403       403       200       200
POST   /detector                                             hello     403       403       403       302
POST   /detector/again                                       hello     403       403       403       302
GET    /export                                               hello     403       403       403       200
POST   /export                                               hello     403       403       403       400
POST   /export/<int:export_id>/cancel                        hello     403       403       403       404
POST   /export/<int:export_id>/delete                        hello     403       403       403       404
GET    /export/list                                          hello     403       403       403       200
GET    /export/imports                                      hello     403       403       403       200
POST   /export/imports                                      hello     403       403       403       400
POST   /export/imports/<int:import_id>/cancel               hello     403       403       403       404
GET    /faces/<int:face_id>/crop.jpg                         hello     200       404       200       200
GET    /faces/<int:face_id>/thumb.jpg                        hello     200       404       200       200
GET    /gallery                                              hello     403       403       403       200
POST   /gallery/answer                                       hello     403       403       403       302
POST   /gallery/assign                                       hello     403       403       403       404
POST   /gallery/erase                                        hello     403       403       403       302
POST   /gallery/filters                                      hello     403       403       403       302
POST   /gallery/filters/<int:filter_id>                      hello     403       403       403       404
POST   /gallery/restore                                      hello     403       403       403       302
POST   /gallery/review                                       hello     403       403       403       302
POST   /gallery/tag                                          hello     403       403       403       302
POST   /gallery/undo                                         hello     403       403       403       302
GET    /healthz                                              503       503       503       503       503
GET    /hello                                                200       200       200       200       200
POST   /hello/passkey                                        400       400       400       400       400
POST   /hello/passkey/options                                200       200       200       200       200
GET    /i/<secret>                                           200       200       200       200       200
POST   /i/<secret>                                           302       302/403   302/403   302/403   302/403
GET    /label                                                hello     403       403       200       200
GET    /label/bulk                                           hello     403       403       200       200
GET    /faces/<int:face_id>                                  hello       403       403       200       200
GET    /similar                                              hello       403       403       200       200
GET    /map                                                  hello     403       403       200       200
POST   /map/draw                                             hello     403       403       200       200
GET    /map/progress                                         hello     403       403       200       200
POST   /map/review                                           hello     403       403       200       200
GET    /map/spots                                            hello     403       403       200       200
POST   /map/undo/<int:event_id>                              hello     403       403       404       404
GET    /me/<secret>                                          403       403       403       403       403
POST   /me/<secret>                                          403       403       403       403       403
GET    /metrics                                              hello     403       403       403       200
GET    /mine                                                 hello     200       200       200       200
POST   /mine/consent                                         hello     302       302       302       302
POST   /mine/erase                                           hello     200       200       200       200
GET    /mine/everything.zip                                  hello     200       200       200       200
GET    /operations                                           hello     403       403       403       200
GET    /operations/now                                       hello     403       403       403       200
POST   /operations/photos/<int:photo_id>/retry               hello     403       403       403       409
POST   /operations/photos/retry                              hello     403       403       403       302
POST   /operations/runs/<int:run_id>/retry                   hello     403       403       403       409
POST   /out                                                  hello     hello     hello     hello     hello
GET    /people                                               hello     403       403       403       200
GET    /people/<int:person_id>                               hello     403       403       403       200
POST   /people/<int:person_id>/erase                         hello     403       403       403       302
GET    /people/<int:person_id>/everything.zip                hello     403       403       403       200
POST   /people/<int:person_id>/link                          hello     403       403       403       302
POST   /people/<int:person_id>/merge                         hello     403       403       403       302
POST   /people/<int:person_id>/rename                        hello     403       403       403       302
POST   /people/<int:person_id>/sessions/<int:session_id>/end hello     403       403       403       302
POST   /people/<int:person_id>/sessions/end                  hello     403       403       403       302
POST   /people/invite                                        hello     403       403       403       200
POST   /people/invites/<int:invite_id>/revoke                hello     403       403       403       302
GET    /people/tokens                                        hello     403       403       403       200
POST   /people/tokens/<int:token_id>/revoke                  hello     403       403       403       302
GET    /photos/<int:photo_id>                                hello     403       403       403       200
POST   /photos/<int:photo_id>/delete                         hello     302       404       403       302
POST   /photos/<int:photo_id>/retry                          hello     409       404       409       409
GET    /photos/<int:photo_id>/small.jpg                      hello     200       404       200       200
POST   /photos/<int:photo_id>/tags                           hello     403       403       403       302
POST   /photos/<int:photo_id>/turn                           hello     409       404       409       409
GET    /photos/<int:photo_id>/view.jpg                       hello     200       404       200       200
GET    /profile                                              hello     403       403       200/403   200/403
POST   /profile/passkeys                                     hello     403       403       403       400/403
POST   /profile/passkeys/<int:passkey_id>/remove             hello     403       403       403       404/403
POST   /profile/passkeys/<int:passkey_id>/rename             hello     403       403       403       404/403
POST   /profile/passkeys/options                             hello     403       403       403       200/403
POST   /profile/tokens                                       hello     403       403       200/403   200/403
POST   /profile/tokens/<int:token_id>/revoke                 hello     403       403       404/403   302/403
GET    /readyz                                               503       503       503       503       503
GET    /review                                               hello     403       403       200       200
GET    /runs                                                 hello     403       403       200       200
POST   /runs                                                 hello     403       403       409       409
GET    /runs/<int:run_id>                                    hello     403       403       200       200
POST   /runs/<int:run_id>/cancel                             hello     403       403       409       409
POST   /runs/<int:run_id>/faces/<int:face_id>                hello     403       403       302       302
GET    /runs/<int:run_id>/live                               hello     403       403       200       200
GET    /runs/<int:run_id>/model                              hello     403       403       200       200
GET    /runs/<int:run_id>/model.<ending>                     hello     403       403       403       409
GET    /runs/<int:run_id>/model.zip                          hello     403       403       403       409
POST   /runs/<int:run_id>/pin                                hello     403       403       403       302
POST   /runs/<int:run_id>/promote                            hello     403       403       403       302
GET    /runs/<int:run_id>/stream                             hello     403       403       200       200
GET    /runs/<int:run_id>/suspects                           hello     403       403       200       200
POST   /runs/back                                            hello     403       403       403       409
POST   /runs/rule                                            hello     403       403       403       302
GET    /runs/simulations                                     hello     403       403       200       200
POST   /sessions/<int:session_id>/end                        hello     302/403   404/403   404/403   404/403
POST   /sessions/end                                         hello     hello/403 hello/403 hello/403 hello/403
GET    /static/<path:filename>                               200       200       200       200       200
GET    /tags                                                 hello     403       403       403       200
POST   /tags/<int:tag_id>                                    hello     403       403       403       404
POST   /tags/review                                          hello     403       403       403       404
GET    /try                                                  hello     403       403       200       200
GET    /try/files/<key>                                      hello     403       403       404       404
POST   /try/friends                                          hello     403       403       403       302
GET    /try/offline.js                                       hello     200       200       200       200
GET    /try/worker.js                                        hello     200       200       200       200
GET    /upload                                               hello     200       200       200       200
POST   /upload                                               hello     400       400       400       400
GET    /upload/progress                                      hello     200       200       200       200
GET    /webhooks                                            hello     403       403       403       200
POST   /webhooks                                            hello     403       403       403       200
GET    /webhooks/<int:webhook_id>                           hello     403       403       403       200
POST   /webhooks/<int:webhook_id>                           hello     403       403       403       302
POST   /webhooks/<int:webhook_id>/delete                    hello     403       403       403       302
POST   /webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/again hello 403 403 403 302
GET    /webhooks/<int:webhook_id>/now                       hello     403       403       403       200
POST   /webhooks/<int:webhook_id>/on                        hello     403       403       403       302
POST   /webhooks/<int:webhook_id>/pause                     hello     403       403       403       302
POST   /webhooks/<int:webhook_id>/secret                    hello     403       403       403       200
POST   /webhooks/<int:webhook_id>/test                      hello     403       403       403       302
GET    /webhooks/list                                       hello     403       403       403       200
GET    /versions                                             hello     403       403       200       200
POST   /versions                                             hello     403       403       403       302
GET    /versions/<int:version_id>                            hello     403       403       404       404
POST   /versions/<int:version_id>                            hello     403       403       403       404
GET    /versions/compare                                     hello     403       403       200       200
"""
TABLE = PAGES + API.lstrip()
"""In the order of PEOPLE. `hello` is the page for strangers; Ada (friend) owns what the rules name."""


@dataclass(frozen=True)
class Row:
    """The statuses of one route; `a/b` is `a` for a session cookie and `b` for a bearer token."""

    statuses: tuple[str, ...]

    def expected(self, who: str, way: str) -> str:
        """Whoever is no longer let in is a stranger by cookie, and refused by token."""
        if who not in PEOPLE:
            return "401" if way == "token" else self.expected("anonymous", way)
        by_cookie, _, by_token = self.statuses[PEOPLE.index(who)].partition("/")
        return by_token if by_token and way == "token" else by_cookie


def read(table: str) -> dict[str, Row]:
    """The rows by `METHOD rule`."""
    rows = {}
    for line in table.strip().splitlines():
        method, rule, *statuses = line.split()
        assert len(statuses) == len(PEOPLE), line
        rows[f"{method} {rule}"] = Row(tuple(statuses))
    return rows
