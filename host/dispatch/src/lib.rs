//! Sends notices: Slack, email, PagerDuty, webhook; classifies what came back.
