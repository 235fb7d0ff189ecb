resource "aws_ecs_cluster" "shop" { name = "shop" }
resource "aws_ecs_task_definition" "web" {
  family                   = "shop-web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.stage == 1 ? "512" : "1024"
  memory                   = var.stage == 1 ? "1024" : "2048"
  execution_role_arn       = "arn:aws:iam::123456789012:role/shop-execution"
  task_role_arn            = "arn:aws:iam::123456789012:role/shop-web"
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }
  container_definitions = jsonencode([{
    name         = "web"
    image        = "registry.example.com/web:1.0.0"
    essential    = true
    command      = ["gunicorn", "shop.wsgi"]
    environment  = [{ name = "DEBUG", value = "false" }, { name = "REGION", value = "eu-central-1" }]
    secrets      = [{ name = "DATABASE_PASSWORD", valueFrom = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbCdEf:password::" }]
    portMappings = [{ containerPort = 8000, hostPort = 8000, protocol = "tcp" }]
    healthCheck  = { command = ["CMD-SHELL", "curl -f http://localhost:8000/health || exit 1"], interval = 30, timeout = 5, retries = 3, startPeriod = 60 }
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = "/ecs/shop/web", "awslogs-region" = "eu-central-1", "awslogs-stream-prefix" = "web" }
    }
  }])
  tags = local.tags
}
resource "aws_ecs_service" "web" {
  name                              = "shop-web"
  cluster                           = aws_ecs_cluster.shop.id
  task_definition                   = aws_ecs_task_definition.web.arn
  desired_count                     = 2
  launch_type                       = "FARGATE"
  platform_version                  = "LATEST"
  enable_execute_command            = true
  enable_ecs_managed_tags           = true
  propagate_tags                    = "SERVICE"
  health_check_grace_period_seconds = var.stage == 1 ? 60 : 120
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = var.stage == 1 ? 200 : 150
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets         = ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"]
    security_groups = ["sg-0a1b2c3d4e5f60718"]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "web"
    container_port   = 8000
  }
  tags = local.tags
}
resource "aws_vpc" "shop" { cidr_block = "10.0.0.0/16" }
resource "aws_lb_target_group" "web" {
  name                              = "shop-web"
  port                              = 8000
  protocol                          = "HTTP"
  target_type                       = "ip"
  vpc_id                            = aws_vpc.shop.id
  deregistration_delay              = var.stage == 1 ? 30 : 60
  load_balancing_algorithm_type     = var.stage == 1 ? "least_outstanding_requests" : "round_robin"
  slow_start                        = 0
  health_check {
    path                = "/health"
    matcher             = "200-299"
    interval            = var.stage == 1 ? 15 : 20
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
    protocol            = "HTTP"
    port                = "traffic-port"
  }
  stickiness {
    enabled         = true
    type            = "lb_cookie"
    cookie_duration = 3600
  }
  tags = local.tags
}
resource "aws_appautoscaling_target" "web" {
  min_capacity       = 2
  max_capacity       = 10
  resource_id        = "service/shop/${aws_ecs_service.web.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  service_namespace  = "ecs"
  tags               = local.tags
}
resource "aws_appautoscaling_policy" "cpu" {
  name               = "shop-web-cpu"
  policy_type        = "TargetTrackingScaling"
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  service_namespace  = aws_appautoscaling_target.web.service_namespace
  target_tracking_scaling_policy_configuration {
    predefined_metric_specification { predefined_metric_type = "ECSServiceAverageCPUUtilization" }
    target_value       = 70
    scale_out_cooldown = 300
    scale_in_cooldown  = 300
  }
}
resource "aws_appautoscaling_policy" "requests" {
  name               = "shop-web-requests"
  policy_type        = "TargetTrackingScaling"
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  service_namespace  = aws_appautoscaling_target.web.service_namespace
  target_tracking_scaling_policy_configuration {
    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "app/shop/50dc6c495c0c9188/targetgroup/shop-web/73e2d6bc24d8a067"
    }
    target_value       = 1000.5
    disable_scale_in   = true
    scale_out_cooldown = 60
    scale_in_cooldown  = 120
  }
}
resource "aws_appautoscaling_policy" "orders" {
  name               = "shop-web-orders"
  policy_type        = "TargetTrackingScaling"
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  service_namespace  = aws_appautoscaling_target.web.service_namespace
  target_tracking_scaling_policy_configuration {
    customized_metric_specification {
      namespace   = "Shop"
      metric_name = "OrdersWaiting"
      statistic   = "Average"
      dimensions {
        name  = "Service"
        value = "web"
      }
    }
    target_value       = 25
    scale_out_cooldown = 300
    scale_in_cooldown  = 300
  }
}
resource "aws_appautoscaling_policy" "slow" {
  name               = "shop-web-slow"
  policy_type        = "StepScaling"
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  service_namespace  = aws_appautoscaling_target.web.service_namespace
  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    cooldown                = 300
    metric_aggregation_type = "Average"
    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = 10
      scaling_adjustment          = 1
    }
    step_adjustment {
      metric_interval_lower_bound = 10
      scaling_adjustment          = 2
    }
  }
}
resource "aws_appautoscaling_scheduled_action" "open" {
  name               = "shop-web-open"
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  service_namespace  = aws_appautoscaling_target.web.service_namespace
  schedule           = "cron(0 8 ? * MON-FRI *)"
  timezone           = "Europe/Vienna"
  scalable_target_action {
    min_capacity = 4
    max_capacity = 20
  }
}
resource "aws_appautoscaling_scheduled_action" "season" {
  name               = "shop-web-season"
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  service_namespace  = aws_appautoscaling_target.web.service_namespace
  schedule           = "at(2035-11-20T00:00:00)"
  start_time         = "2035-11-01T00:00:00Z"
  end_time           = "2035-12-31T00:00:00Z"
  scalable_target_action { min_capacity = 6 }
}
