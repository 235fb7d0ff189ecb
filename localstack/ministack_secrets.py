"""Secrets Manager in MiniStack, where it answers otherwise than AWS what a program that makes secrets must tell apart."""

import json


def install():
    import ministack.services.secretsmanager as secrets

    keep_the_names_of_the_deleted(secrets)
    have_no_value_without_one(secrets)
    make_a_version_once(secrets)
    list_keys(secrets)


def keep_the_names_of_the_deleted(secrets):
    """A name that waits for its end is refused otherwise than one that is in use."""
    create = secrets._create_secret

    def handle(data):
        known = secrets._secrets.get(data.get("Name"))
        if known and known.get("DeletedDate"):
            return secrets.error_response_json(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.", 400)
        return create(data)

    secrets._create_secret = handle


def have_no_value_without_one(secrets):
    """A secret that was made without a value has none, and no version."""
    store = secrets._store_new_secret

    def handle(name, secret_string=None, secret_binary=None, **more):
        answer = store(name, secret_string=secret_string, secret_binary=secret_binary, **more)
        if secret_string is None and secret_binary is None:
            secrets._secrets[name]["Versions"].clear()
        return answer

    secrets._store_new_secret = handle


def make_a_version_once(secrets):
    """A request token is a version: another value under the same one is refused, and changes nothing."""
    put = secrets._put_secret_value

    def handle(data):
        _, secret = secrets._resolve(data.get("SecretId"))
        version = (secret or {}).get("Versions", {}).get(data.get("ClientRequestToken"))
        if version and version.get("SecretString") != data.get("SecretString"):
            return secrets.error_response_json(
                "ResourceExistsException",
                "You can't use ClientRequestToken because that value is already in use for a version of this secret.", 400)
        return put(data)

    secrets._put_secret_value = handle


def list_keys(secrets):
    """The list says by which key each secret is encrypted."""
    describe = secrets._list_secrets

    def handle(data):
        status, headers, body = describe(data)
        listed = json.loads(body)
        for entry in listed.get("SecretList", []):
            key = secrets._secrets[entry["Name"]].get("KmsKeyId")
            if key:
                entry["KmsKeyId"] = key
        return status, headers, json.dumps(listed).encode()

    secrets._list_secrets = handle
