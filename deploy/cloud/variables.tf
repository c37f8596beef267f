variable "name" {
  description = "Beginning of the name of everything that is made: 2 to 20 small letters, digits and dashes."
  type        = string
  default     = "openred"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: 2 to 20 small letters, digits and dashes, beginning with a letter."
  }
}

variable "region" {
  description = "AWS region, for example eu-central-1."
  type        = string
}

variable "public_url" {
  description = "URL under which nodes reach the relay, for example https://relay.example. Point its name at output balancer."
  type        = string

  validation {
    condition     = startswith(var.public_url, "https://")
    error_message = "public_url begins with https://."
  }
}

variable "certificate_arn" {
  description = "Certificate for the name in public_url, in AWS Certificate Manager, issued."
  type        = string
}

variable "image" {
  description = "Image of deploy/docker/Dockerfile in a registry that the tasks can read, by digest or version, for arm64."
  type        = string

  validation {
    condition     = !endswith(var.image, ":latest") && can(regex("[:@]", var.image))
    error_message = "image: name a version or digest, not latest."
  }
}

variable "relay_key_secret_arn" {
  description = "Secret in Secrets Manager whose text is the file relay.key in base64. All relays are one to the world, so they share it."
  type        = string
}

variable "database_ca_pem" {
  description = "PEM of the root that signs the database's certificate (rds-ca-ecc384-g1 of the region, from AWS's trust store)."
  type        = string

  validation {
    condition     = strcontains(var.database_ca_pem, "BEGIN CERTIFICATE") && length(var.database_ca_pem) < 4096
    error_message = "database_ca_pem: one certificate in PEM."
  }
}

variable "database_class" {
  description = "Size of the database. db.t4g.medium is for thousands of mailboxes, db.m7g.large for S4's 10,000 messages a second."
  type        = string
  default     = "db.t4g.medium"
}

variable "database_gb" {
  description = "Disk of the database, GB; grows by itself to four times of it. From 400 on gp3 has 12,000 operations a second."
  type        = number
  default     = 100
}

variable "database_standby" {
  description = "A second database in another zone that takes over within about a minute. Doubles the price of the database."
  type        = bool
  default     = true
}

variable "database_password_version" {
  description = "Raise by one to give the database another password; relays take it over when they are started again."
  type        = number
  default     = 1
}

variable "cache_class" {
  description = "Size of Valkey, which holds wake-ups, presence and limits."
  type        = string
  default     = "cache.t4g.small"
}

variable "relays_min" {
  description = "Relays that always run; two, so that one may be replaced."
  type        = number
  default     = 2

  validation {
    condition     = var.relays_min >= 2
    error_message = "relays_min: at least 2, else a deployment is an interruption."
  }
}

variable "relays_max" {
  description = "Relays at most. Each takes 20 connections of the database."
  type        = number
  default     = 6
}

variable "wait_target_seconds" {
  description = "Age of the oldest deposit that waits for the disk at which relays are added, seconds. S4 asks for 0.1 in all."
  type        = number
  default     = 0.05
}

variable "alarm_topic_arn" {
  description = "SNS topic that is told of trouble; empty for none."
  type        = string
  default     = ""
}
