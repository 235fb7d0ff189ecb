resource "aws_wafv2_web_acl" "shop" {
  name        = "shop"
  description = "Limits for each address"
  scope       = "CLOUDFRONT"
  default_action {
    allow {}
  }
  rule {
    name     = "sign-in"
    priority = 0
    action {
      block {}
    }
    statement {
      rate_based_statement {
        limit                 = var.stage == 1 ? 600 : 900
        evaluation_window_sec = 60
        aggregate_key_type    = "IP"
        scope_down_statement {
          byte_match_statement {
            search_string         = "/auth"
            positional_constraint = "STARTS_WITH"
            field_to_match {
              uri_path {}
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "shop-sign-in"
      sampled_requests_enabled   = true
    }
  }
  rule {
    name     = "everything"
    priority = 1
    action {
      count {}
    }
    statement {
      rate_based_statement {
        limit                 = 6000
        evaluation_window_sec = 60
        aggregate_key_type    = "IP"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "shop-everything"
      sampled_requests_enabled   = true
    }
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "shop"
    sampled_requests_enabled   = true
  }
  tags = local.tags
}
