resource "aws_lambda_function" "shop" {
  function_name = "shop-loadtest"
  filename      = "code.zip"
  role          = "arn:aws:iam::123456789012:role/shop-loadtest"
  handler       = "bootstrap"
  runtime       = "provided.al2023"
  architectures = ["arm64"]
  timeout       = var.stage == 1 ? 900 : 600
  memory_size   = 1024
  description   = "Calls the shop"
  environment {
    variables = {
      TARGET_URL    = "https://shop.example.com"
      TEST_DURATION = "300"
    }
  }
  tags = local.tags
}
