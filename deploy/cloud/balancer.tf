# TLS 1.3 ends here. No access log: the balancer's would hold addresses and paths with ids.

resource "aws_lb" "main" {
  name               = var.name
  load_balancer_type = "application"
  security_groups    = [aws_security_group.balancer.id]
  subnets            = [for subnet in aws_subnet.public : subnet.id]

  # A relay asks a silent peer of a stream every 30 s whether it is there; a long poll takes 25 s.
  idle_timeout = 90
  # The caller's address becomes the last entry of X-Forwarded-For, the only one that a relay believes.
  xff_header_processing_mode = "append"
  drop_invalid_header_fields = true
}

resource "aws_lb_target_group" "relay" {
  name        = "${var.name}-relay"
  vpc_id      = aws_vpc.main.id
  target_type = "ip"
  protocol    = "HTTP"
  port        = 8080
  # Streams and long polls last: count what is open, not what came.
  load_balancing_algorithm_type = "least_outstanding_requests"
  # Longer than a long poll.
  deregistration_delay = 30

  # A relay that was told to stop answers 503 here and goes on with its calls for drain_secs.
  health_check {
    path                = "/health"
    matcher             = "200"
    interval            = 5
    timeout             = 4
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-3-2021-06" # TLS 1.3 and nothing older
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.relay.arn
  }
}

# Each instance counts for itself; the collector beside it reads that. From outside there is nothing.
resource "aws_lb_listener_rule" "metrics" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 1

  condition {
    path_pattern {
      values = ["/metrics"]
    }
  }

  action {
    type = "fixed-response"

    fixed_response {
      status_code  = "404"
      content_type = "text/plain"
      message_body = "Nothing is here"
    }
  }
}
