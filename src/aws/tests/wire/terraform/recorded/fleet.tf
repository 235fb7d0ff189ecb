data "aws_ami" "any" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["amzn2-ami-*"]
  }
}
locals { types = ["c5.large", "c6i.large", "m6i.large"] }
resource "aws_spot_fleet_request" "shop" {
  iam_fleet_role                      = "arn:aws:iam::123456789012:role/shop-fleet"
  fleet_type                          = "maintain"
  allocation_strategy                 = "diversified"
  target_capacity                     = var.stage == 1 ? 2 : 5
  spot_price                          = "0.10"
  terminate_instances_with_expiration = true
  terminate_instances_on_delete       = "true"
  valid_until                         = "2035-01-01T00:00:00Z"
  wait_for_fulfillment                = false
  dynamic "launch_specification" {
    for_each = local.types
    content {
      ami                    = data.aws_ami.any.id
      instance_type          = launch_specification.value
      subnet_id              = "subnet-0a1b2c3d4e5f60718,subnet-0a1b2c3d4e5f60719"
      vpc_security_group_ids = ["sg-0a1b2c3d4e5f60718"]
      iam_instance_profile   = "shop-worker"
      user_data              = "#!/bin/bash\necho ECS_CLUSTER=shop >> /etc/ecs/ecs.config\n"
      root_block_device {
        volume_type = "gp3"
        volume_size = 30
        encrypted   = true
      }
      tags = { Project = "shop" }
    }
  }
  tags = local.tags
}
resource "aws_spot_fleet_request" "cheapest" {
  iam_fleet_role           = "arn:aws:iam::123456789012:role/shop-fleet"
  fleet_type               = "request"
  allocation_strategy      = "lowestPrice"
  instance_pools_to_use_count = 2
  target_capacity          = 1
  wait_for_fulfillment     = false
  launch_specification {
    ami                    = data.aws_ami.any.id
    instance_type          = "c6i.large"
    subnet_id              = "subnet-0a1b2c3d4e5f60718"
    vpc_security_group_ids = ["sg-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60719"]
  }
}
