"""What an application does with PyPI's pusher: `pusher_scenario.py PORT APP_ID KEY SECRET PART [ARGUMENT]`."""

import base64
import json
import sys

import pusher
import pusher.errors


def make_client(port, app_id, key, secret):
    master_key = base64.b64encode(bytes([1] * 32))
    return pusher.Pusher(
        app_id,
        key,
        secret,
        ssl=False,
        host="127.0.0.1",
        port=int(port),
        encryption_master_key_base64=master_key,
    )


def expect(seen, wanted):
    assert seen == wanted, f"{seen!r} is not {wanted!r}"


def expect_error(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was to come")


def trigger(client, socket_id):
    expect(client.trigger("news", "posted", {"words": "wörld"}), {})
    expect(client.trigger(["news", "other"], "posted", "as it is", socket_id=socket_id), {})
    expect(client.trigger_batch([{"channel": "news", "name": "batched", "data": {"n": 1}}]), {})
    expect(client.trigger("private-encrypted-z", "secret", {"words": "between us"}), {})


def ask(client, _):
    room = client.channels_info("presence-", ["user_count"])
    expect(room, {"channels": {"presence-room": {"user_count": 1}}})
    expect(client.channel_info("presence-room", ["user_count"]), {"occupied": True, "user_count": 1})
    expect(client.channel_info("nobody-is-here"), {"occupied": False})
    expect(client.users_info("presence-room"), {"users": [{"id": "u1"}]})


def terminate(client, user_id):
    expect(client.terminate_user_connections(user_id), {})


def errors(client, _):
    expect_error(pusher.errors.PusherBadRequest, lambda: client.users_info("news"))
    expect_error(pusher.errors.PusherBadStatus, lambda: client.trigger("news", "posted", "x" * 10_241))


def wrong_secret(client, _):
    expect_error(pusher.errors.PusherBadAuth, lambda: client.trigger("news", "posted", {}))
    expect_error(pusher.errors.PusherBadAuth, lambda: client.terminate_user_connections("u1"))


def sign(client, socket_id):
    member = {"user_id": "u1", "user_info": {"name": "Ann"}}
    private = client.authenticate("private-x", socket_id)
    presence = client.authenticate("presence-room", socket_id, member)
    print(json.dumps({"private": private, "presence": presence}))


PARTS = {
    "trigger": trigger,
    "ask": ask,
    "terminate": terminate,
    "errors": errors,
    "wrong-secret": wrong_secret,
    "sign": sign,
}

port, app_id, key, secret, part, *rest = sys.argv[1:]
PARTS[part](make_client(port, app_id, key, secret), rest[0] if rest else None)
print(f"{part}: done")
