"""Budgets and EventBridge in MiniStack, where they lack what a program that reads in bulk and deletes in order relies on."""


def install():
    import ministack.services.budgets as budgets
    import ministack.services.eventbridge as eventbridge

    list_all_notifications(budgets)
    keep_rules_that_have_targets(eventbridge)


def list_all_notifications(budgets):
    """The one call that gives the notifications of all budgets."""

    def handle(data):
        page, following = budgets._paginate(list(budgets._budgets), data.get("MaxResults"), data.get("NextToken"), default=50)
        answer = {"BudgetNotificationsForAccount": [
            {"BudgetName": name, "Notifications": [entry["notification"] for entry in budgets._notification_store.get(name, [])]}
            for name in page]}
        if following:
            answer["NextToken"] = following
        return budgets._json(200, answer)

    budgets._DISPATCH["DescribeBudgetNotificationsForAccount"] = handle


def keep_rules_that_have_targets(eventbridge):
    """A rule goes after its targets."""
    delete = eventbridge._delete_rule

    def handle(data):
        if eventbridge._targets.get(eventbridge._rule_key(data.get("Name"), data.get("EventBusName", "default"))):
            return eventbridge.error_response_json("ValidationException", "Rule can't be deleted since it has targets.", 400)
        return delete(data)

    eventbridge._delete_rule = handle
