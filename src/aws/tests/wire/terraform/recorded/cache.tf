resource "aws_elasticache_subnet_group" "shop" {
  name       = "shop-redis"
  subnet_ids = [aws_subnet.shop.id]
}
resource "aws_vpc" "shop" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "shop" {
  vpc_id     = aws_vpc.shop.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_elasticache_replication_group" "shop" {
  replication_group_id       = "shop-redis"
  description                = var.stage < 2 ? "What services share" : "What all services share"
  engine                     = "redis"
  engine_version             = var.stage < 2 ? "7.0" : "7.1"
  node_type                  = var.stage < 2 ? "cache.t4g.small" : "cache.r7g.large"
  num_cache_clusters         = var.stage == 3 ? 4 : (var.stage == 4 ? 2 : 3)
  port                       = 6379
  parameter_group_name       = var.stage < 2 ? "default.redis7" : "shop-redis7"
  subnet_group_name          = aws_elasticache_subnet_group.shop.name
  security_group_ids         = var.stage < 2 ? ["sg-0a1b2c3d4e5f60718"] : ["sg-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60719"]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = var.stage < 5 ? "made-up-token-0123456789" : "another-token-0123456789"
  auth_token_update_strategy = var.stage == 6 ? "SET" : "ROTATE"
  automatic_failover_enabled = true
  multi_az_enabled           = var.stage < 2
  snapshot_retention_limit   = var.stage < 2 ? 0 : 7
  auto_minor_version_upgrade = var.stage < 2
  apply_immediately          = true
  dynamic "log_delivery_configuration" {
    for_each = var.stage < 2 ? { "slow-log" = "json" } : { "slow-log" = "text", "engine-log" = "json" }
    content {
      destination      = "/elasticache/shop/${log_delivery_configuration.key}"
      destination_type = "cloudwatch-logs"
      log_format       = log_delivery_configuration.value
      log_type         = log_delivery_configuration.key
    }
  }
  tags = local.tags
}
resource "aws_elasticache_replication_group" "sharded" {
  replication_group_id       = "shop-shards"
  description                = "What is sharded"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.r7g.large"
  num_node_groups            = var.stage < 2 ? 3 : (var.stage == 2 ? 5 : 2)
  replicas_per_node_group    = var.stage < 4 ? 1 : 2
  port                       = 6379
  parameter_group_name       = "default.redis7.cluster.on"
  subnet_group_name          = aws_elasticache_subnet_group.shop.name
  security_group_ids         = ["sg-0a1b2c3d4e5f60718"]
  at_rest_encryption_enabled = true
  kms_key_id                 = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  transit_encryption_enabled = var.stage != 0
  transit_encryption_mode    = "preferred"
  automatic_failover_enabled = true
  multi_az_enabled           = true
  snapshot_retention_limit   = 1
  apply_immediately          = true
  tags                       = local.tags
}
