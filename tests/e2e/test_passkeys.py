"""An owner adds a passkey in a real browser, with Chromium's virtual authenticator, and signs in with it."""

from playwright.sync_api import expect

from tests.browser import DESKTOP, MARKS, page
from tests.web_server import Server, add_person_link

pytestmark = MARKS
INTERNAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_an_owner_signs_in_with_a_passkey(server: Server) -> None:
    address = server.url.replace("127.0.0.1", "localhost")  # passkeys need a name
    link = add_person_link(server, "owner", "Grace").replace(server.url, address)
    with page(DESKTOP) as browser:
        device = browser.context.new_cdp_session(browser)
        device.send("WebAuthn.enable")
        added = device.send("WebAuthn.addVirtualAuthenticator", {"options": INTERNAL})
        browser.goto(link)
        browser.get_by_role("button", name="Continue as Grace").click()
        browser.get_by_role("link", name="Profile").click()
        browser.get_by_role("button", name="Add a passkey").click()
        expect(browser.get_by_text("The passkey is added.")).to_be_visible()
        expect(browser.get_by_label("Name of the passkey")).to_have_value("Passkey 1")
        browser.locator(".heading").get_by_role("button", name="Sign out").click()
        browser.get_by_role("button", name="Sign in with a passkey").click()
        browser.wait_for_url(f"{address}/")
        browser.get_by_role("link", name="Profile").click()
        expect(browser.get_by_text("signed in by a passkey")).to_be_visible()
        authenticator = {"authenticatorId": added["authenticatorId"], "isUserVerified": False}
        device.send("WebAuthn.setUserVerified", authenticator)
        browser.locator(".heading").get_by_role("button", name="Sign out").click()
        browser.get_by_role("button", name="Sign in with a passkey").click()
        expect(browser.locator("#passkey-trouble")).to_contain_text("The prompt was closed.")
        expect(browser).to_have_url(f"{address}/hello")
