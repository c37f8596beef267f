output "balancer" {
  description = "Point the name in public_url here (CNAME or alias)."
  value       = aws_lb.main.dns_name
}

output "database" {
  description = "Host and port of the database, reachable by relays only."
  value       = aws_db_instance.main.endpoint
}

output "cluster" {
  description = "Name of the cluster, for aws ecs update-service --force-new-deployment."
  value       = aws_ecs_cluster.main.name
}
