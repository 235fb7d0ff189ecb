resource "aws_budgets_budget" "shop" {
  name         = "shop-budget"
  budget_type  = "COST"
  limit_amount = var.stage == 1 ? "2000" : "2500.5"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  cost_filter {
    name   = "TagKeyValue"
    values = ["user:Project$shop"]
  }
  dynamic "cost_filter" {
    for_each = var.stage == 1 ? [] : [1]
    content {
      name   = "Service"
      values = ["Amazon Elastic Container Service"]
    }
  }
  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = var.stage == 1 ? 80 : 90
    threshold_type             = "PERCENTAGE"
    notification_type          = "ACTUAL"
    subscriber_email_addresses = ["ops@example.com"]
    subscriber_sns_topic_arns  = ["arn:aws:sns:eu-central-1:123456789012:shop-alerts"]
  }
  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    notification_type          = "FORECASTED"
    subscriber_email_addresses = var.stage == 1 ? ["ops@example.com"] : ["ops@example.com", "finance@example.com"]
  }
  tags = local.tags
}
resource "aws_budgets_budget" "everything" {
  name         = "everything-budget"
  budget_type  = "COST"
  limit_amount = "10"
  limit_unit   = "USD"
  time_unit    = "DAILY"
  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 12.5
    threshold_type            = "ABSOLUTE_VALUE"
    notification_type         = "ACTUAL"
    subscriber_sns_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:shop-alerts"]
  }
}
