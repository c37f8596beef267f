# A network of its own: balancer and relays in public subnets (relays have addresses to fetch images, which is cheaper than a
# NAT gateway, and a firewall that lets only the balancer in), database and Valkey in subnets without a way out.

data "aws_availability_zones" "here" {
  state = "available"
}

locals {
  zones = slice(data.aws_availability_zones.here.names, 0, 2)
}

resource "aws_vpc" "main" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "public" {
  for_each          = { for index, zone in local.zones : zone => index }
  vpc_id            = aws_vpc.main.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, each.value)
  tags              = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "inner" {
  for_each          = { for index, zone in local.zones : zone => index }
  vpc_id            = aws_vpc.main.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, 100 + each.value)
  tags              = { Name = "${var.name}-inner-${each.key}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

resource "aws_route_table_association" "public" {
  for_each       = aws_subnet.public
  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

# --- Who may speak to whom ---------------------------------------------------------------------------------------------

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "Everybody, HTTPS only"
  vpc_id      = aws_vpc.main.id
}

resource "aws_security_group" "relay" {
  name        = "${var.name}-relay"
  description = "From the balancer only"
  vpc_id      = aws_vpc.main.id
}

resource "aws_security_group" "store" {
  name        = "${var.name}-store"
  description = "Database and Valkey: from relays only"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "balancer_https" {
  security_group_id = aws_security_group.balancer.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "balancer_relay" {
  security_group_id            = aws_security_group.balancer.id
  referenced_security_group_id = aws_security_group.relay.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

resource "aws_vpc_security_group_ingress_rule" "relay_balancer" {
  security_group_id            = aws_security_group.relay.id
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

# Images, secrets, logs, metrics: services of AWS at changing addresses.
resource "aws_vpc_security_group_egress_rule" "relay_https" {
  security_group_id = aws_security_group.relay.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "relay_store" {
  for_each                     = { postgres = 5432, valkey = 6379 }
  security_group_id            = aws_security_group.relay.id
  referenced_security_group_id = aws_security_group.store.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "store_relay" {
  for_each                     = { postgres = 5432, valkey = 6379 }
  security_group_id            = aws_security_group.store.id
  referenced_security_group_id = aws_security_group.relay.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}
