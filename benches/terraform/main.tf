# The stacks `network` and `cluster` as Terraform would have them: what `benches/plan` compares with.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}

variable "endpoint" {}
variable "account" {}
variable "project" { default = "bench" }

locals {
  zones    = ["us-east-1a", "us-east-1b"]
  services = toset(["api-gateway", "user-service", "product-service", "order-service", "notification-service"])
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = var.account
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  default_tags {
    tags = { Project = var.project, Environment = "bench" }
  }
  endpoints {
    cloudwatchlogs = var.endpoint
    ec2            = var.endpoint
    ecs            = var.endpoint
    iam            = var.endpoint
    sts            = var.endpoint
  }
}

resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "public" {
  count                   = 2
  vpc_id                  = aws_vpc.main.id
  cidr_block              = cidrsubnet("10.0.0.0/16", 8, count.index)
  availability_zone       = local.zones[count.index]
  map_public_ip_on_launch = true
}

resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet("10.0.0.0/16", 8, count.index + 10)
  availability_zone = local.zones[count.index]
}

resource "aws_eip" "nat" {
  domain = "vpc"
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public[0].id
  depends_on    = [aws_internet_gateway.main]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.main.id
  }
}

resource "aws_route_table_association" "public" {
  count          = 2
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  count          = 2
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "group" {
  for_each    = toset(["alb", "ecs", "redis", "rds"])
  name        = "${var.project}-${each.key}"
  description = each.key
  vpc_id      = aws_vpc.main.id
}

locals {
  rules = {
    alb-http      = { type = "ingress", of = "alb", port = 80, cidr = "0.0.0.0/0", peer = null }
    alb-https     = { type = "ingress", of = "alb", port = 443, cidr = "0.0.0.0/0", peer = null }
    alb-services  = { type = "egress", of = "alb", port = 8000, cidr = null, peer = "ecs" }
    ecs-alb       = { type = "ingress", of = "ecs", port = 8000, cidr = null, peer = "alb" }
    ecs-https     = { type = "egress", of = "ecs", port = 443, cidr = "0.0.0.0/0", peer = null }
    ecs-rds       = { type = "egress", of = "ecs", port = 5432, cidr = null, peer = "rds" }
    ecs-redis     = { type = "egress", of = "ecs", port = 6379, cidr = null, peer = "redis" }
    redis-service = { type = "ingress", of = "redis", port = 6379, cidr = null, peer = "ecs" }
    rds-services  = { type = "ingress", of = "rds", port = 5432, cidr = null, peer = "ecs" }
  }
}

resource "aws_security_group_rule" "rule" {
  for_each                 = local.rules
  security_group_id        = aws_security_group.group[each.value.of].id
  type                     = each.value.type
  protocol                 = "tcp"
  from_port                = each.value.port
  to_port                  = each.value.port
  cidr_blocks              = each.value.cidr == null ? null : [each.value.cidr]
  source_security_group_id = each.value.peer == null ? null : aws_security_group.group[each.value.peer].id
}

resource "aws_ecs_cluster" "main" {
  name = "${var.project}-cluster"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "service" {
  for_each          = local.services
  name              = "/ecs/${var.project}/${each.key}"
  retention_in_days = 30
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role" "task" {
  for_each           = local.services
  name               = "${var.project}-${each.key}-task"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "metrics" {
  for_each = local.services
  name     = "metrics"
  role     = aws_iam_role.task[each.key].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "cloudwatch:PutMetricData", Resource = "*" }] })
}

resource "aws_iam_role" "execution" {
  for_each           = local.services
  name               = "${var.project}-${each.key}-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "logs" {
  for_each = local.services
  name     = "logs"
  role     = aws_iam_role.execution[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = "${aws_cloudwatch_log_group.service[each.key].arn}:*"
  }] })
}
