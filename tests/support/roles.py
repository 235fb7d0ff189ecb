"""Roles of an account in which IAM decides: makes them, plays them, and tries what they must not do. Used by tests/permissions.rs.

    roles.py ENDPOINT play NAME [BOUNDARY-NAME] < POLICIES   prints the credentials of a role with these policies
    roles.py ENDPOINT strangers < NOTHING                    makes what has the project's name in its own and is another's
    roles.py ENDPOINT attack < CREDENTIALS                   prints what IAM answers to each of a few attacks
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

REGION = "us-east-1"
ROOT = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "test"}
WHOLE = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def trusting(principal):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def client(service, endpoint, credentials):
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **credentials)


def there(make):
    """Makes what may be there already."""
    try:
        make()
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise


def play(endpoint, name, *boundary):
    iam, sts = client("iam", endpoint, ROOT), client("sts", endpoint, ROOT)
    for policy in boundary:
        there(lambda: iam.create_policy(PolicyName=policy, PolicyDocument=WHOLE))
    there(lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting("arn:aws:iam::000000000000:root")))
    for policy, document in json.load(sys.stdin).items():
        arn = f"arn:aws:iam::000000000000:policy/{name}-{policy}"
        there(lambda: iam.create_policy(PolicyName=f"{name}-{policy}", PolicyDocument=json.dumps(document)))
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    session = sts.assume_role(RoleArn=f"arn:aws:iam::000000000000:role/{name}", RoleSessionName="test")["Credentials"]
    print(json.dumps([session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]]))


def strangers(endpoint):
    tags = {"infra:owner": "workshop/prod"}
    listed = [{"Key": "infra:owner", "Value": "workshop/prod"}]
    empty_zip = b"PK\x05\x06" + bytes(18)
    role = client("iam", endpoint, ROOT).create_role(
        RoleName="workshop-night", AssumeRolePolicyDocument=trusting("*"), Tags=listed)["Role"]["Arn"]
    client("lambda", endpoint, ROOT).create_function(
        FunctionName="workshop-night", Runtime="python3.12", Role=role, Handler="a.b", Code={"ZipFile": empty_zip}, Tags=tags)
    s3 = client("s3", endpoint, ROOT)
    s3.create_bucket(Bucket="workshop-reports")
    s3.put_bucket_tagging(Bucket="workshop-reports", Tagging={"TagSet": listed})
    client("sns", endpoint, ROOT).create_topic(Name="workshop-alarms", Tags=listed)
    client("logs", endpoint, ROOT).create_log_group(logGroupName="/ecs/workshop/api", tags=tags)
    client("events", endpoint, ROOT).put_rule(Name="workshop-nightly", ScheduleExpression="rate(1 day)", Tags=listed)


def attack(endpoint):
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    mine = dict(zip(names, json.load(sys.stdin)))
    root = client("iam", endpoint, ROOT)
    owner = [{"Key": "infra:owner", "Value": "other/prod"}]
    everybody = trusting("*")
    there(lambda: root.create_role(RoleName="other-web", AssumeRolePolicyDocument=everybody, Tags=owner))
    ours = next(role["RoleName"] for role in root.list_roles()["Roles"] if role["RoleName"].endswith("-task"))
    key = client("kms", endpoint, ROOT).create_key()["KeyMetadata"]["KeyId"]
    vpc = client("ec2", endpoint, ROOT).create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    records = "infra-000000000000-us-east-1"
    client("s3", endpoint, ROOT).put_object(Bucket=records, Key="other/prod/scope.json", Body=b"{}")
    iam, ec2, kms, s3 = (client(service, endpoint, mine) for service in ("iam", "ec2", "kms", "s3"))
    history = client("s3", endpoint, ROOT).list_objects_v2(Bucket=records, Prefix="shop/test/history/").get("Contents", [])
    trials = {
        "a role of my own": lambda: iam.create_role(RoleName="shop-mine", AssumeRolePolicyDocument=everybody),
        "a role that is named like ours": lambda: iam.create_role(RoleName="shop-new-task", AssumeRolePolicyDocument=everybody),
        "administrator of ours": lambda: iam.attach_role_policy(
            RoleName=ours, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
        "ours without a boundary": lambda: iam.delete_role_permissions_boundary(RoleName=ours),
        "ours with another boundary": lambda: iam.put_role_permissions_boundary(
            RoleName=ours, PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess"),
        "another project's role": lambda: iam.delete_role(RoleName="other-web"),
        "a grant on a key": lambda: kms.create_grant(
            KeyId=key, GranteePrincipal="arn:aws:iam::000000000000:root", Operations=["Decrypt"]),
        "a network of nobody's": lambda: ec2.delete_vpc(VpcId=vpc),
        "a tag that makes it ours": lambda: ec2.create_tags(Resources=[vpc], Tags=[{"Key": "infra:owner", "Value": "shop/test"}]),
        "another's records": lambda: s3.get_object(Bucket=records, Key="other/prod/scope.json"),
        "another's lock": lambda: s3.put_object(Bucket=records, Key="other/prod/lock", Body=b"{}"),
        "our history": lambda: s3.delete_object(Bucket=records, Key=history[0]["Key"]),
        "our history, written over": lambda: s3.put_object(Bucket=records, Key=history[0]["Key"], Body=b"{}"),
    }
    answers = {}
    for name, trial in trials.items():
        try:
            trial()
            answers[name] = "done"
        except ClientError as error:
            answers[name] = error.response["Error"]["Code"]
    print(json.dumps(answers))


commands = {"play": play, "strangers": strangers, "attack": attack}
commands[sys.argv[2]](sys.argv[1], *sys.argv[3:])
