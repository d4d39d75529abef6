"""Something of everything that there can be, made before requests are made up: whoever only guesses names gets only 404."""

import os
import time

import requests

BASE = os.environ["BASE"]
DOCUMENT = requests.get(BASE + "/openapi.json").json()
# Some are ended and removed before anything else is done with them.
MANY = 20
FEW = 3


def ask(method, path, body=None, token=os.environ["TOKEN"], **more):
    headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
    answer = requests.request(method, BASE + path, json=body, headers=headers, **more)
    assert answer.ok, (method, path, answer.status_code, answer.text)
    return answer


def make(path, body=None, **more):
    return ask("POST", path, body, **more).json()


def conversation():
    return make("/v1/conversations", {"topic": "restaurant", "language": "french"})["id"]


def session():
    return make("/api/session/start", {"scenario": "restaurant", "language": "french"})["sessionId"]


def flat():
    return make("/api/conversations", {"targetLanguageId": "fr"})["data"]["conversation"]["id"]


def message(conversation):
    said = {"conversationId": conversation, "role": "user", "content": "Bonsoir"}
    return make("/api/conversation-messages", said)["data"]["message"]["id"]


def call():
    """A conversation with somebody in it, and who that is."""
    offer = DOCUMENT["paths"]["/v1/conversations/{id}/whip"]["post"]["requestBody"]["content"]["application/sdp"]["example"]
    name = conversation()
    path = f"/v1/conversations/{name}/whip"
    headers = {"Content-Type": "application/sdp"}
    return name, ask("POST", path, data=offer, headers=headers).headers["Location"].rsplit("/", 1)[1]


def ended():
    name = conversation()
    make(f"/v1/conversations/{name}/end")
    return name


def delivery():
    """Something that a webhook is told. Nobody is there."""
    hook = make("/v1/webhooks", {"url": "https://hooks.invalid/", "events": ["conversation.completed"]})["id"]
    ended()
    for _ in range(200):
        log = ask("GET", f"/v1/webhooks/{hook}/deliveries").json()["deliveries"]
        if log:
            return log[0]["id"]
        time.sleep(0.1)
    raise AssertionError("nothing is sent")


def estate():
    """Names of things, by the kind of them and by what is done with them; each operation takes its own (schemathesis.toml)."""
    several = range(MANY)
    other = os.environ["OTHER"]
    me = ask("GET", "/v1/users/me").json()["id"]
    them = ask("GET", "/v1/users/me", token=other).json()["id"]
    guest = make("/v1/guests")
    exercises = ask("GET", "/v1/voice/exercises?language=french").json()["exercises"]
    directory, sound = exercises[0]["words"][0]["audio_url"].rsplit("/", 2)[1:]
    calling, peer = call()
    app = {"name": "App", "redirect_uris": [BASE + "/docs"], "confidential": True}
    client = make("/v1/admin/clients", app)

    organisation = make("/v1/organisations", {"name": "Ours"})["id"]
    members = f"/v1/organisations/{organisation}/members"
    keys = f"/v1/organisations/{organisation}/api-keys"
    make(members, {"user_id": them})
    make(f"/v1/organisations/{organisation}/invitation", token=other)
    theirs = [make("/v1/organisations", {"name": "Theirs"}, token=other)["id"] for _ in range(2 * FEW)]
    for name in theirs:
        make(f"/v1/organisations/{name}/members", {"user_id": me}, token=other)
    return {
        "conversations": [conversation() for _ in several],
        "tutored": [make("/livekit/start-conversation", {})["conversation_id"] for _ in several],
        "ended": [ended()],
        "calls": [calling],
        "peers": [peer],
        "sessions": [session() for _ in several],
        "ending_sessions": [session() for _ in several],
        "sounding": [directory],
        "sounds": [sound],
        "flats": [flat() for _ in range(2 * MANY)],
        "flat_messages": [message(flat()) for _ in several],
        "lost_messages": [message(flat()) for _ in several],
        "deliveries": [delivery()],
        "guests": [guest["guest_id"]],
        "guest_tokens": [guest["access_token"]],
        "me": ["me", me],
        "them": [them],
        "organisations": [organisation],
        "members": [them],
        "invitations": [make(members, {"email": f"{n}@example.com"})["id"] for n in range(FEW)],
        "keys": [make(keys, {"name": "School"})["id"] for _ in range(FEW)],
        "schools": theirs[:FEW],
        "clubs": theirs[FEW:],
        "clients": [client["client_id"]],
        "secrets": [client["client_secret"]],
        "ways_back": app["redirect_uris"],
        "lost_clients": [make("/v1/admin/clients", app)["client_id"] for _ in several],
        "assets": ["app.js"],
        "docs": ["swagger-ui.css"],
    }
