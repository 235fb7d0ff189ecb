resource "aws_vpc" "shop" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "shop" {
  count             = 2
  vpc_id            = aws_vpc.shop.id
  cidr_block        = "10.0.${count.index}.0/24"
  availability_zone = ["eu-central-1a", "eu-central-1b"][count.index]
}
resource "aws_db_subnet_group" "shop" {
  name       = "shop-db"
  subnet_ids = aws_subnet.shop[*].id
}
resource "aws_db_parameter_group" "shop" {
  name   = "shop-postgres16"
  family = "postgres16"
}
resource "aws_db_parameter_group" "other" {
  name   = "shop-postgres16-reading"
  family = "postgres16"
}
resource "aws_db_instance" "shop" {
  identifier                            = "shop-db"
  engine                                = "postgres"
  engine_version                        = var.stage == 1 ? "16.4" : "16.6"
  instance_class                        = var.stage == 1 ? "db.r6g.large" : "db.r6g.xlarge"
  allocated_storage                     = var.stage == 1 ? 100 : 150
  max_allocated_storage                 = 500
  storage_type                          = "gp3"
  storage_encrypted                     = true
  kms_key_id                            = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  db_name                               = "shop"
  username                              = "shop"
  manage_master_user_password           = true
  port                                  = 5432
  multi_az                              = var.stage == 1
  db_subnet_group_name                  = aws_db_subnet_group.shop.name
  parameter_group_name                  = aws_db_parameter_group.shop.name
  vpc_security_group_ids                = ["sg-0a1b2c3d4e5f60718"]
  publicly_accessible                   = false
  backup_retention_period               = var.stage == 1 ? 7 : 14
  auto_minor_version_upgrade            = true
  performance_insights_enabled          = true
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = "arn:aws:iam::123456789012:role/shop-monitoring"
  enabled_cloudwatch_logs_exports       = var.stage == 1 ? ["postgresql"] : ["postgresql", "upgrade"]
  deletion_protection                   = var.stage == 1
  copy_tags_to_snapshot                 = true
  apply_immediately                     = true
  skip_final_snapshot                   = true
  tags                                  = local.tags
}
resource "aws_db_instance" "replica" {
  identifier                            = "shop-db-replica"
  storage_encrypted                     = true
  replicate_source_db                   = aws_db_instance.shop.identifier
  instance_class                        = var.stage == 1 ? "db.r6g.large" : "db.r6g.xlarge"
  multi_az                              = var.stage == 2
  parameter_group_name                  = var.stage == 1 ? aws_db_parameter_group.shop.name : aws_db_parameter_group.other.name
  vpc_security_group_ids                = var.stage == 1 ? ["sg-0a1b2c3d4e5f60718"] : ["sg-0a1b2c3d4e5f60719"]
  publicly_accessible                   = false
  auto_minor_version_upgrade            = var.stage == 1
  performance_insights_enabled          = true
  performance_insights_retention_period = var.stage == 1 ? 7 : 31
  monitoring_interval                   = var.stage == 1 ? 60 : 30
  monitoring_role_arn                   = "arn:aws:iam::123456789012:role/shop-monitoring"
  enabled_cloudwatch_logs_exports       = var.stage == 1 ? ["postgresql"] : ["upgrade"]
  deletion_protection                   = false
  copy_tags_to_snapshot                 = true
  apply_immediately                     = true
  skip_final_snapshot                   = true
  tags                                  = local.tags
}
resource "aws_db_instance" "plain_replica" {
  identifier             = "shop-db-plain"
  storage_encrypted      = true
  replicate_source_db    = aws_db_instance.shop.identifier
  instance_class         = "db.t4g.medium"
  parameter_group_name   = aws_db_parameter_group.shop.name
  vpc_security_group_ids = ["sg-0a1b2c3d4e5f60718"]
  skip_final_snapshot    = true
}
