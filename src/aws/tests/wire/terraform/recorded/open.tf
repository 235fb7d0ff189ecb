resource "aws_elasticache_subnet_group" "shop" {
  name       = "shop-redis"
  subnet_ids = [aws_subnet.shop.id]
}
resource "aws_vpc" "shop" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "shop" {
  vpc_id     = aws_vpc.shop.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_elasticache_replication_group" "open" {
  replication_group_id       = "shop-open"
  description                = "What is open"
  engine                     = var.stage < 2 ? "redis" : "valkey"
  engine_version             = var.stage < 2 ? "7.1" : "8.0"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  port                       = 6379
  parameter_group_name       = var.stage < 2 ? "default.redis7" : "default.valkey8"
  subnet_group_name          = aws_elasticache_subnet_group.shop.name
  security_group_ids         = ["sg-0a1b2c3d4e5f60718"]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = var.stage > 2
  transit_encryption_mode    = var.stage < 3 ? null : (var.stage == 3 ? "preferred" : "required")
  automatic_failover_enabled = var.stage < 2
  multi_az_enabled           = var.stage < 2
  snapshot_retention_limit   = 1
  apply_immediately          = true
  dynamic "log_delivery_configuration" {
    for_each = var.stage < 2 ? { "slow-log" = "json", "engine-log" = "json" } : {}
    content {
      destination      = "/elasticache/shop/${log_delivery_configuration.key}"
      destination_type = "cloudwatch-logs"
      log_format       = log_delivery_configuration.value
      log_type         = log_delivery_configuration.key
    }
  }
  tags = local.tags
}
