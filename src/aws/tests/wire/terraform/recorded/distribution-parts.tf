resource "aws_cloudfront_origin_access_control" "assets" {
  name                              = "shop-assets"
  description                       = var.stage == 1 ? "What reads the assets" : "What signs for the assets"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}
resource "aws_cloudfront_response_headers_policy" "secure" {
  name    = "shop-secure"
  comment = "What browsers are told"
  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = var.stage == 1 ? 31536000 : 63072000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }
    content_type_options { override = true }
    frame_options {
      frame_option = "DENY"
      override     = true
    }
    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }
  }
}
