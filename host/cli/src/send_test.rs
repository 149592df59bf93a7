//! `bellwire send-test`: is the way to a receiver open?

use crate::{Configuration, Failure};
use bellwire_app::{SendTestError, core::Delivery};

/// Sends straight from here, with the configuration's tokens; no running Bellwire is asked, and no incident is opened.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    configuration: Configuration,
    /// `TEAM/NAME`, or `NAME` where only one team has it
    receiver: String,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { configuration, receiver } = arguments;
    let sent = bellwire_app::send_test(&configuration.config, &crate::environment(), &receiver).await;
    match sent {
        Ok(Delivery::Delivered { .. }) => {
            println!("{receiver} has it: look there");
            Ok(())
        }
        Ok(Delivery::Retry { reason, .. }) => {
            Err(Failure::Failed(format!("{receiver} could not be reached: {reason} (an alert would be tried again)")))
        }
        Ok(Delivery::Permanent { reason }) => {
            Err(Failure::Failed(format!("{receiver} refused: {reason} (an alert would go to its fallback)")))
        }
        Err(SendTestError::Setup(error)) => Err(Failure::Failed(error.to_string())),
        Err(
            error @ (SendTestError::Configuration(_) | SendTestError::Unknown { .. } | SendTestError::Ambiguous { .. }),
        ) => Err(Failure::Wrong(error.to_string())),
    }
}
