resource "aws_cloudfront_distribution" "shop" {
  comment             = "The shop"
  enabled             = true
  is_ipv6_enabled     = true
  default_root_object = "index.html"
  http_version        = "http2and3"
  price_class         = var.stage == 1 ? "PriceClass_100" : "PriceClass_All"
  aliases             = var.stage == 1 ? ["shop.example.com", "www.shop.example.com"] : ["shop.example.com"]
  web_acl_id          = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/473e64fd-f30b-4765-81a0-62ad96dd167a"
  origin {
    origin_id   = "balancer"
    domain_name = "shop-123.eu-central-1.elb.amazonaws.com"
    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      origin_read_timeout    = var.stage == 1 ? 30 : 45
    }
  }
  origin {
    origin_id                = "assets"
    domain_name              = "shop-assets.s3.eu-central-1.amazonaws.com"
    origin_path              = "/public"
    origin_access_control_id = "E2QWRUHAPOMQZL"
  }
  default_cache_behavior {
    target_origin_id           = "balancer"
    allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "redirect-to-https"
    compress                   = true
    min_ttl                    = 0
    default_ttl                = 300
    max_ttl                    = 86400
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    forwarded_values {
      query_string = true
      headers      = ["Authorization", "Host"]
      cookies { forward = "none" }
    }
  }
  ordered_cache_behavior {
    path_pattern           = "/api/*"
    target_origin_id       = "balancer"
    allowed_methods        = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods         = ["GET", "HEAD"]
    viewer_protocol_policy = "https-only"
    compress               = true
    min_ttl                = 0
    default_ttl            = 0
    max_ttl                = 0
    forwarded_values {
      query_string = true
      headers      = ["*"]
      cookies { forward = "all" }
    }
  }
  ordered_cache_behavior {
    path_pattern             = "/static/*"
    target_origin_id         = "assets"
    allowed_methods          = ["GET", "HEAD", "OPTIONS"]
    cached_methods           = ["GET", "HEAD", "OPTIONS"]
    viewer_protocol_policy   = "redirect-to-https"
    compress                 = false
    cache_policy_id          = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    origin_request_policy_id = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
  }
  dynamic "ordered_cache_behavior" {
    for_each = var.stage == 1 ? [] : [1]
    content {
      path_pattern           = "/search/*"
      target_origin_id       = "balancer"
      allowed_methods        = ["GET", "HEAD"]
      cached_methods         = ["GET", "HEAD"]
      viewer_protocol_policy = "allow-all"
      compress               = true
      min_ttl                = 1
      default_ttl            = 10
      max_ttl                = 60
      forwarded_values {
        query_string            = true
        query_string_cache_keys = ["page", "q"]
        cookies {
          forward           = "whitelist"
          whitelisted_names = ["language", "session"]
        }
      }
    }
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    acm_certificate_arn      = "arn:aws:acm:us-east-1:123456789012:certificate/3e1f5c4a-9d8b-4b57-8d5e-0c6a1b2c3d4e"
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
  tags = local.tags
}
resource "aws_cloudfront_distribution" "plain" {
  comment         = "Plain"
  enabled         = true
  is_ipv6_enabled = false
  origin {
    origin_id   = "web"
    domain_name = "web.example.com"
    custom_origin_config {
      http_port                = 8080
      https_port               = 8443
      origin_protocol_policy   = "match-viewer"
      origin_ssl_protocols     = ["TLSv1.1", "TLSv1.2"]
      origin_keepalive_timeout = 10
    }
  }
  default_cache_behavior {
    target_origin_id       = "web"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    viewer_protocol_policy = "allow-all"
    min_ttl                = 0
    default_ttl            = 60
    max_ttl                = 600
    forwarded_values {
      query_string = false
      cookies { forward = "none" }
    }
  }
  restrictions {
    geo_restriction {
      restriction_type = "whitelist"
      locations        = ["AT", "CH", "DE"]
    }
  }
  viewer_certificate { cloudfront_default_certificate = true }
}
