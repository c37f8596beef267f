# PostgreSQL, where mail is durable, and Valkey, where relays tell one another what need not last.

# New at each run and kept nowhere; only what database_password_version sends out counts.
ephemeral "random_password" "database" {
  length  = 32
  special = false
}

resource "aws_db_subnet_group" "main" {
  name       = var.name
  subnet_ids = [for subnet in aws_subnet.inner : subnet.id]
}

resource "aws_db_parameter_group" "main" {
  name   = "${var.name}-17"
  family = "postgres17"

  # A deposit is answered when it is on disk; the relay looks at this when it starts and refuses to run otherwise.
  parameter {
    name  = "synchronous_commit"
    value = "on"
  }

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "ssl_min_protocol_version"
    value = "TLSv1.3"
  }
}

resource "aws_db_instance" "main" {
  identifier           = var.name
  engine               = "postgres"
  engine_version       = "17" # the newest 17.x
  instance_class       = var.database_class
  db_name              = "openred"
  username             = "openred"
  password_wo          = ephemeral.random_password.database.result
  password_wo_version  = var.database_password_version
  parameter_group_name = aws_db_parameter_group.main.name
  ca_cert_identifier   = "rds-ca-ecc384-g1"

  multi_az               = var.database_standby
  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [aws_security_group.store.id]
  publicly_accessible    = false

  storage_type          = "gp3"
  allocated_storage     = var.database_gb
  max_allocated_storage = 4 * var.database_gb
  storage_encrypted     = true

  # Mail lives 30 days; a week of backups, to any second of it.
  backup_retention_period      = 7
  performance_insights_enabled = true
  auto_minor_version_upgrade   = true
  deletion_protection          = true
  skip_final_snapshot          = false
  final_snapshot_identifier    = "${var.name}-last"
}

# The whole address with its password, as the relay reads it.
resource "aws_secretsmanager_secret" "database" {
  name_prefix = "${var.name}-database-"
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id                = aws_secretsmanager_secret.database.id
  secret_string_wo         = "postgres://openred:${ephemeral.random_password.database.result}@${aws_db_instance.main.endpoint}/openred?sslmode=require"
  secret_string_wo_version = var.database_password_version
}

resource "aws_elasticache_subnet_group" "main" {
  name       = var.name
  subnet_ids = [for subnet in aws_subnet.inner : subnet.id]
}

resource "aws_elasticache_parameter_group" "main" {
  name   = "${var.name}-valkey8"
  family = "valkey8"

  # Full, it refuses: to forget a used nonce would let a call be repeated; relays then remember by themselves.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

# One node: relays go on without it, slower, until it is back.
resource "aws_elasticache_replication_group" "main" {
  replication_group_id       = var.name
  description                = "Wake-ups, presence and limits of relays"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.cache_class
  num_cache_clusters         = 1
  automatic_failover_enabled = false
  parameter_group_name       = aws_elasticache_parameter_group.main.name
  subnet_group_name          = aws_elasticache_subnet_group.main.name
  security_group_ids         = [aws_security_group.store.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  snapshot_retention_limit   = 0
}
