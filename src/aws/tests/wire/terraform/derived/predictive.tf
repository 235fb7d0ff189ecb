resource "aws_appautoscaling_policy" "cpu" {
  name               = "shop-web-forecast"
  policy_type        = "PredictiveScaling"
  resource_id        = "service/shop/shop-web"
  scalable_dimension = "ecs:service:DesiredCount"
  service_namespace  = "ecs"
  predictive_scaling_policy_configuration {
    mode                         = "ForecastAndScale"
    max_capacity_breach_behavior = "HonorMaxCapacity"
    scheduling_buffer_time       = 300
    metric_specification {
      target_value = "70"
      predefined_metric_pair_specification {
        predefined_metric_type = "ECSServiceCPUUtilization"
      }
    }
  }
}
resource "aws_appautoscaling_policy" "requests" {
  name               = "shop-web-requests-forecast"
  policy_type        = "PredictiveScaling"
  resource_id        = "service/shop/shop-web"
  scalable_dimension = "ecs:service:DesiredCount"
  service_namespace  = "ecs"
  predictive_scaling_policy_configuration {
    mode                         = "ForecastOnly"
    max_capacity_breach_behavior = "IncreaseMaxCapacity"
    max_capacity_buffer          = 10
    scheduling_buffer_time       = 600
    metric_specification {
      target_value = "1000.5"
      predefined_metric_pair_specification {
        predefined_metric_type = "ALBRequestCount"
        resource_label         = "app/shop/50dc6c495c0c9188/targetgroup/shop-web/73e2d6bc24d8a067"
      }
    }
  }
}
