"""SNS in MiniStack, where it is more obliging than AWS.

Handlers are module functions that are looked up at each call, so they are replaced by name.
"""

import json


def install():
    import ministack.services.sns as topics

    tell_topics_apart(topics)
    let_people_confirm(topics)
    refuse_nested_filters_of_attributes(topics)
    deliver_raw_where_it_can_be(topics)


def tell_topics_apart(topics):
    """A topic of the same name with other tags is refused, where MiniStack answers with the one that is there."""
    create = topics._create_topic

    def handle(params):
        known = next((topic for topic in topics._topics.values() if topic["name"] == topics._p(params, "Name")), None)
        tags = topics._param_tags(params)
        if known and tags and tags != known["tags"]:
            return topics._error("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags", 400)
        return create(params)

    topics._create_topic = handle


def let_people_confirm(topics):
    """By e-mail, too, a subscription waits to be confirmed. Lists do not tell the ARN of one that waits, and it cannot be deleted."""
    subscribe, unsubscribe = topics._subscribe, topics._unsubscribe

    def named(params, topic):
        ends = (topics._p(params, "Protocol"), topics._p(params, "Endpoint"))
        return next((one for one in topic["subscriptions"] if (one["protocol"], one["endpoint"]) == ends), None)

    def handle(params):
        topic, _error = topics._get_topic(topics._p(params, "TopicArn"))
        known = topic and named(params, topic)
        answer = subscribe(params)
        fresh = topic and answer[0] == 200 and named(params, topic)
        if not fresh:
            return answer
        if not known and fresh["protocol"] in ("email", "email-json"):
            fresh.update(confirmed=False, token=topics.new_uuid())
            fresh["attributes"].update(PendingConfirmation="true", ConfirmationWasAuthenticated="false")
            topics._refresh_subscription_counts(topic)
        whole = fresh["confirmed"] or topics._p(params, "ReturnSubscriptionArn") == "true"
        arn = fresh["arn"] if whole else "pending confirmation"
        return topics._xml(200, "SubscribeResponse", f"<SubscribeResult><SubscriptionArn>{arn}</SubscriptionArn></SubscribeResult>")

    def waiting():
        return {one["arn"] for topic in topics._topics.values() for one in topic["subscriptions"] if not one["confirmed"]}

    def refuse(params):
        if topics._p(params, "SubscriptionArn") in waiting():
            return topics._error("InvalidParameter", "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation", 400)
        return unsubscribe(params)

    def hide(listing):
        def handle(params):
            status, headers, body = listing(params)
            for arn in waiting():
                body = body.replace(f"<SubscriptionArn>{arn}</SubscriptionArn>".encode(), b"<SubscriptionArn>PendingConfirmation</SubscriptionArn>")
            return status, headers, body

        return handle

    topics._subscribe, topics._unsubscribe = handle, refuse
    for name in ("_list_subscriptions", "_list_subscriptions_by_topic"):
        setattr(topics, name, hide(getattr(topics, name)))


def refuse_nested_filters_of_attributes(topics):
    """A filter of attributes has one level; MiniStack takes any, also in the moment between two calls."""
    setting = topics._set_subscription_attributes

    def handle(params):
        arn = topics._p(params, "SubscriptionArn")
        topic = topics._sub_arn_to_topic.get(arn)
        known = topic and topics._find_subscription(topic, arn)
        attributes = {**(known["attributes"] if known else {}), topics._p(params, "AttributeName"): topics._p(params, "AttributeValue")}
        try:
            nested = any(isinstance(value, dict) for value in json.loads(attributes.get("FilterPolicy") or "{}").values())
        except ValueError:
            nested = False
        if nested and attributes.get("FilterPolicyScope", "MessageAttributes") == "MessageAttributes":
            return topics._error("InvalidParameter", "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy", 400)
        return setting(params)

    topics._set_subscription_attributes = handle


def deliver_raw_where_it_can_be(topics):
    """SNS refuses to be told of raw delivery where there is none, whatever the value is: a `false` too."""
    subscribe, setting = topics._subscribe, topics._set_subscription_attributes
    able = ("http", "https", "sqs", "firehose")

    def refusal(protocol):
        return topics._error("InvalidParameter", f"Invalid parameter: Attributes Reason: Delivery protocol [{protocol}] does not support raw message delivery.", 400)

    def handle(params):
        protocol, number = topics._p(params, "Protocol"), 1
        while topics._p(params, f"Attributes.entry.{number}.key"):
            if topics._p(params, f"Attributes.entry.{number}.key") == "RawMessageDelivery" and protocol not in able:
                return refusal(protocol)
            number += 1
        return subscribe(params)

    def handle_one(params):
        arn = topics._p(params, "SubscriptionArn")
        topic = topics._sub_arn_to_topic.get(arn)
        known = topic and topics._find_subscription(topic, arn)
        if known and topics._p(params, "AttributeName") == "RawMessageDelivery" and known["protocol"] not in able:
            return refusal(known["protocol"])
        return setting(params)

    topics._subscribe, topics._set_subscription_attributes = handle, handle_one
