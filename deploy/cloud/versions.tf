# Relays of OpenRed on AWS: managed PostgreSQL and Valkey, as many relays as the work needs, a balancer with TLS 1.3 in front.
# What it is for, what it costs and what of it was tried is in deploy/README.md.

terraform {
  # Write-only arguments (1.11): the password of the database stands in no state and no plan.
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.25.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.7.2"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = var.name }
  }
}
