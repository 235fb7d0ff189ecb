resource "aws_vpc" "shop" { cidr_block = "10.0.0.0/16" }
resource "aws_internet_gateway" "shop" { vpc_id = aws_vpc.shop.id }
resource "aws_subnet" "shop" {
  count             = 2
  vpc_id            = aws_vpc.shop.id
  cidr_block        = "10.0.${count.index}.0/24"
  availability_zone = ["eu-central-1a", "eu-central-1b"][count.index]
}
resource "aws_security_group" "shop" {
  name   = "shop-balancer"
  vpc_id = aws_vpc.shop.id
}
resource "aws_lb_target_group" "web" {
  name        = "shop-web"
  port        = 8000
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.shop.id
}
resource "aws_lb" "shop" {
  name                       = "shop"
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.shop.id]
  subnets                    = aws_subnet.shop[*].id
  idle_timeout               = 120
  drop_invalid_header_fields = true
  enable_deletion_protection = false
  tags                       = local.tags
}
resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
  tags = local.tags
}
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = "arn:aws:acm:eu-central-1:123456789012:certificate/3e1f5c4a-9d8b-4b57-8d5e-0c6a1b2c3d4e"
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "Nothing here"
      status_code  = "404"
    }
  }
  tags = local.tags
}
resource "aws_lb_listener_rule" "web" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
  condition {
    path_pattern { values = ["/web/*"] }
  }
  tags = local.tags
}
resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "shop-nightly"
  description         = "Each night"
  schedule_expression = "cron(0 2 * * ? *)"
  tags                = local.tags
}
resource "aws_cloudwatch_event_target" "nightly" {
  rule      = aws_cloudwatch_event_rule.nightly.name
  target_id = "load-test"
  arn       = aws_lambda_function.shop.arn
}
resource "aws_lambda_function" "shop" {
  function_name = "shop-loadtest"
  filename      = "code.zip"
  role          = "arn:aws:iam::123456789012:role/shop-loadtest"
  handler       = "bootstrap"
  runtime       = "provided.al2023"
}
resource "aws_lambda_permission" "nightly" {
  statement_id  = "nightly"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.shop.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.nightly.arn
}
