"""What a program does with kinto-http.py: `scenario.py URL PART`. Every part asks the server again for what it wrote."""

import sys

import kinto_http
from kinto_http.exceptions import KintoException
from kinto_http.patch_type import JSONPatch, MergePatch

BOB = "basicauth:c031ced27503f788b102ca54269a062ec73794bb075154c74a0d4311e74ca8b6"


def make_client(url, user="mat", **more):
    return kinto_http.Client(server_url=f"{url}/v1", auth=(user, "secret"), **more)


def expect(seen, wanted):
    assert seen == wanted, f"{seen!r} is not {wanted!r}"


def expect_status(status, call):
    try:
        call()
    except KintoException as error:
        expect(error.response.status_code, status)
        return error
    raise AssertionError(f"{status} was to come")


def buckets(url):
    client = make_client(url)
    expect(client.server_info()["http_api_version"], "1.23")
    client.create_bucket(id="py1", data={"colour": "red"})
    expect(client.get_bucket(id="py1")["data"]["colour"], "red")
    expect_status(412, lambda: client.create_bucket(id="py1", safe=True))
    expect(client.create_bucket(id="py1", if_not_exists=True)["data"]["colour"], "red")
    client.create_collection(id="c", bucket="py1")
    client.create_group(id="g", bucket="py1", data={"members": [BOB]})
    expect([found["id"] for found in client.get_collections(bucket="py1")], ["c"])
    expect(client.get_group(id="g", bucket="py1")["data"]["members"], [BOB])
    client.update_group(id="g", bucket="py1", data={"members": []})
    expect(client.get_group(id="g", bucket="py1")["data"]["members"], [])
    client.delete_collection(id="c", bucket="py1")
    expect(client.get_collections(bucket="py1"), [])
    client.delete_bucket(id="py1")
    expect_status(403, lambda: client.get_bucket(id="py1"))
    client.delete_bucket(id="py1", if_exists=True)


def records(url):
    client = make_client(url, bucket="py2", collection="c")
    client.create_bucket()
    client.create_collection()
    made = client.create_record(data={"title": "bread"})["data"]
    expect(client.get_record(id=made["id"])["data"], made)
    changed = client.update_record(id=made["id"], data={"title": "rye"})["data"]
    assert changed["last_modified"] > made["last_modified"]
    expect(client.get_record(id=made["id"])["data"]["title"], "rye")
    since = client.get_records_timestamp()
    expect(client.get_records(_since=since), [])
    client.delete_record(id=made["id"])
    expect_status(404, lambda: client.get_record(id=made["id"]))
    [tombstone] = client.get_records(_since=since)
    expect(tombstone["deleted"], True)
    client.create_record(id="x", data={})
    expect([gone["id"] for gone in client.delete_records()], ["x"])
    expect(client.get_records(), [])


def patches(url):
    client = make_client(url, bucket="py3", collection="c")
    client.create_bucket()
    client.create_collection()
    client.create_record(id="r", data={"a": 1, "o": {"x": 1, "y": 2}})
    client.patch_record(id="r", data={"b": 2})
    expect(client.get_record(id="r")["data"]["a"], 1)
    client.patch_record(id="r", changes=MergePatch({"o": {"x": None}}))
    expect(client.get_record(id="r")["data"]["o"], {"y": 2})
    client.patch_record(id="r", changes=JSONPatch([{"op": "add", "path": "/data/c", "value": [1]}]))
    patched = client.get_record(id="r")["data"]
    expect({key: patched[key] for key in "abco"}, {"a": 1, "b": 2, "c": [1], "o": {"y": 2}})


def conflicts(url):
    client = make_client(url, bucket="py4", collection="c")
    client.create_bucket()
    client.create_collection()
    made = client.create_record(id="r", data={"n": 1})["data"]
    client.update_record(id="r", data={"n": 2})
    stale = made["last_modified"]
    error = expect_status(412, lambda: client.update_record(id="r", data={"n": 3}, if_match=stale))
    expect(error.response.json()["details"]["existing"]["n"], 2)
    expect_status(412, lambda: client.delete_record(id="r", if_match=stale))
    expect_status(412, lambda: client.create_record(id="r", data={"n": 4}, safe=True))
    expect(client.get_record(id="r")["data"]["n"], 2)


def permissions(url):
    client = make_client(url, bucket="py5", collection="c")
    client.create_bucket()
    client.create_collection(permissions={"read": [BOB]})
    client.create_record(id="r", data={"n": 1})
    bob = make_client(url, "bob", bucket="py5", collection="c")
    expect(bob.get_record(id="r")["data"]["n"], 1)
    expect_status(403, lambda: bob.update_record(id="r", data={"n": 2}))
    client.patch_collection(id="c", permissions={"write": [BOB]})
    bob.update_record(id="r", data={"n": 2})
    expect(client.get_record(id="r")["data"]["n"], 2)


def pages(url):
    client = make_client(url, bucket="py6", collection="c")
    client.create_bucket()
    client.create_collection()
    for n in range(7):
        client.create_record(id=f"r{n}", data={"n": n})
    expect([found["n"] for found in client.get_records(_sort="-n", _limit=2)], [6, 5])
    every = client.get_records(_sort="-n", _limit=2, pages=float("inf"))
    expect([found["n"] for found in every], [6, 5, 4, 3, 2, 1, 0])
    expect([found["n"] for found in client.get_records(_sort="n", _limit=2, pages=2)], [0, 1, 2, 3])
    several = list(client.get_paginated_records(_sort="n", _limit=3))
    expect([[found["n"] for found in page["data"]] for page in several], [[0, 1, 2], [3, 4, 5], [6]])


def batch(url):
    client = make_client(url)
    client.create_bucket(id="py7")
    with client.batch(bucket="py7", collection="c") as batched:
        batched.create_collection(id="c")
        for n in range(30):
            batched.create_record(id=f"r{n}", data={"n": n})
        batched.patch_record(id="r0", data={"first": True})
        batched.delete_record(id="r1", safe=False)
    expect([answer["data"]["id"] for answer in batched.results()][:3], ["c", "r0", "r1"])
    records = client.get_records(bucket="py7", collection="c")
    expect(len(records), 29)
    expect(client.get_record(id="r0", bucket="py7", collection="c")["data"]["first"], True)


def leave(url):
    client = make_client(url, bucket="left", collection="tasks")
    client.create_bucket()
    client.create_collection()
    client.create_record(id="one", data={"n": 1, "title": "é"})
    client.create_record(id="two", data={"n": 2})
    client.create_group(id="readers", data={"members": ["basicauth:somebody"]})


def main():
    url, part = sys.argv[1:]
    globals()[part](url)
    print(f"{part}: done")


main()
