# As many relays as keep what waits young.

resource "aws_appautoscaling_target" "relay" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.relay.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.relays_min
  max_capacity       = var.relays_max
}

resource "aws_appautoscaling_policy" "wait" {
  name               = "${var.name}-wait"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.relay.service_namespace
  resource_id        = aws_appautoscaling_target.relay.resource_id
  scalable_dimension = aws_appautoscaling_target.relay.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.wait_target_seconds
    scale_out_cooldown = 60
    # Each relay that goes ends its streams: not for a quiet minute.
    scale_in_cooldown = 600

    customized_metric_specification {
      namespace   = "OpenRed"
      metric_name = "openred_relay_oldest_wait_seconds"
      statistic   = "Maximum"

      dimensions {
        name  = "Service"
        value = var.name
      }
    }
  }
}

# More relays do not help a database that is the bottleneck: somebody has to look.
resource "aws_cloudwatch_metric_alarm" "wait" {
  alarm_name          = "${var.name}-mail-waits"
  alarm_description   = "Deposits wait ten times longer than wished although relays were added: look at the database."
  namespace           = "OpenRed"
  metric_name         = "openred_relay_oldest_wait_seconds"
  dimensions          = { Service = var.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 10
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10 * var.wait_target_seconds
  treat_missing_data  = "breaching" # nobody measures: that is trouble too
  alarm_actions       = var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "disk" {
  alarm_name          = "${var.name}-database-disk"
  alarm_description   = "Less than a tenth of the database's first disk is free and it has grown as far as it may."
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = { DBInstanceIdentifier = aws_db_instance.main.identifier }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = var.database_gb * 100000000
  alarm_actions       = var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]
}
