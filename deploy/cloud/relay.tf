# The relays: tasks without a disk of their own. Mail is in PostgreSQL; the identity comes from a secret at each start.

resource "aws_ecs_cluster" "main" {
  name = var.name
}

resource "aws_cloudwatch_log_group" "relay" {
  name              = "/${var.name}/relay"
  retention_in_days = 14
}

# Figures in CloudWatch's embedded format; the log itself is of no use afterwards.
resource "aws_cloudwatch_log_group" "figures" {
  name              = "/${var.name}/figures"
  retention_in_days = 1
}

locals {
  relay_toml = templatefile("${path.module}/files/relay.toml", { public_url = var.public_url })
  haproxy    = file("${path.module}/files/haproxy.cfg")
  collector = templatefile("${path.module}/files/collector.yml", {
    service   = var.name
    region    = var.region
    log_group = aws_cloudwatch_log_group.figures.name
  })

  log = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = aws_cloudwatch_log_group.relay.name
      awslogs-region        = var.region
      awslogs-stream-prefix = "relay"
    }
  }

  # Lays identity, configuration and the database's root where the relay looks for them, and ends.
  setup = {
    name       = "setup"
    image      = "public.ecr.aws/docker/library/busybox:1.37.0"
    essential  = false
    user       = "65532:65532"
    entryPoint = ["/bin/sh", "-euc"]
    command = [<<-SH
      umask 077
      printf %s "$RELAY_KEY" | base64 -d > /data/relay.key
      printf %s "$RELAY_TOML" > /data/relay.toml
      printf %s "$DATABASE_CA" > /data/database-ca.pem
    SH
    ]
    environment = [
      { name = "RELAY_TOML", value = local.relay_toml },
      { name = "DATABASE_CA", value = var.database_ca_pem },
    ]
    secrets          = [{ name = "RELAY_KEY", valueFrom = var.relay_key_secret_arn }]
    mountPoints      = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]
    logConfiguration = local.log
  }

  relay = {
    name      = "relay"
    image     = var.image
    essential = true
    command   = ["relay", "--config", "/data/relay.toml"]
    environment = [
      { name = "OPENRED_REDIS", value = "rediss://${aws_elasticache_replication_group.main.primary_endpoint_address}:6379" },
      { name = "OPENRED_LOG_FORMAT", value = "json" },
    ]
    secrets     = [{ name = "OPENRED_DATABASE", valueFrom = aws_secretsmanager_secret.database.arn }]
    mountPoints = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]
    # A container starts after those it depends on and stops before them: the proxy stands as long as the relay drains.
    dependsOn = [
      { containerName = "setup", condition = "SUCCESS" },
      { containerName = "proxy", condition = "START" },
    ]
    # Above the longest stop: drain_secs, 10 s for streams, 20 s for calls under way.
    stopTimeout            = 60
    readonlyRootFilesystem = true
    ulimits                = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
    healthCheck = {
      command     = ["CMD", "/usr/local/bin/openred", "relay", "status"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }
    logConfiguration = local.log
  }

  # A relay believes X-Forwarded-For from its own machine only: this is the neighbour that hands on what the balancer wrote.
  proxy = {
    name             = "proxy"
    image            = "public.ecr.aws/docker/library/haproxy:3.2.4-alpine"
    essential        = true
    entryPoint       = ["/bin/sh", "-euc"]
    command          = ["printf '%s' \"$CONFIGURATION\" > /tmp/haproxy.cfg; exec haproxy -W -db -f /tmp/haproxy.cfg"]
    environment      = [{ name = "CONFIGURATION", value = local.haproxy }]
    ulimits          = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
    logConfiguration = local.log
  }

  # Reads /metrics and hands it to CloudWatch, where the age of what waits decides how many relays there are.
  collect = {
    name             = "collect"
    image            = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
    essential        = false
    environment      = [{ name = "AOT_CONFIG_CONTENT", value = local.collector }]
    logConfiguration = local.log
  }
}

resource "aws_ecs_task_definition" "relay" {
  family                   = "${var.name}-relay"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.start.arn
  task_role_arn            = aws_iam_role.work.arn
  container_definitions    = jsonencode([local.setup, local.relay, local.proxy, local.collect])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }

  volume {
    name = "data"
  }
}

resource "aws_ecs_service" "relay" {
  name            = "relay"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.relay.arn
  launch_type     = "FARGATE"
  desired_count   = var.relays_min

  # New ones first, then old ones: never fewer than now.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60

  # A version that does not come up is taken back by itself.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = [for subnet in aws_subnet.public : subnet.id]
    security_groups  = [aws_security_group.relay.id]
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.relay.arn
    container_name   = "proxy"
    container_port   = 8080
  }

  # The scaling decides.
  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_lb_listener.https, aws_secretsmanager_secret_version.database]
}
