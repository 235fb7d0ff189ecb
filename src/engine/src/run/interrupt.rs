//! Being asked to stop: once, politely; twice, at once.

use std::sync::Arc;

use tokio::sync::watch;

/// Shared by those who ask to stop and those who do.
#[derive(Clone, Debug)]
pub struct Interrupt {
    asked: Arc<watch::Sender<bool>>,
}

impl Interrupt {
    /// Nobody has asked yet.
    pub fn new() -> Interrupt {
        Interrupt { asked: Arc::new(watch::Sender::new(false)) }
    }

    /// Asks to start nothing new and to leave what only waits.
    pub fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// True once somebody has asked.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Returns when somebody asks.
    pub async fn asked(&self) {
        let mut receiver = self.asked.subscribe();
        // The sender lives in `self`, so waiting can only end because somebody asked.
        let _ = receiver.wait_for(|asked| *asked).await;
    }
}

impl Default for Interrupt {
    fn default() -> Interrupt {
        Interrupt::new()
    }
}
