//! Being asked to stop: once, politely; twice, at once. Or having to, because the lock is lost.

use std::sync::Arc;

use tokio::sync::watch;

/// Shared by those who ask to stop and those who do.
#[derive(Clone, Debug)]
pub struct Interrupt {
    asked: Arc<watch::Sender<Option<Cause>>>,
}

/// Why to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Somebody asks.
    Somebody,
    /// The lock is lost.
    LostLock,
}

impl Interrupt {
    /// Nobody has asked yet.
    pub fn new() -> Interrupt {
        Interrupt { asked: Arc::new(watch::Sender::new(None)) }
    }

    /// Asks to start nothing new and to leave what only waits.
    pub fn ask(&self) {
        self.asked.send_replace(Some(Cause::Somebody));
    }

    /// The same, because the lock is lost and nobody has asked.
    pub fn lose(&self) {
        self.asked.send_modify(|asked| {
            asked.get_or_insert(Cause::LostLock);
        });
    }

    /// True once there is a reason to stop.
    pub fn is_asked(&self) -> bool {
        self.asked.borrow().is_some()
    }

    /// True once somebody has asked.
    pub fn by_somebody(&self) -> bool {
        *self.asked.borrow() == Some(Cause::Somebody)
    }

    /// Returns when there is a reason to stop.
    pub async fn asked(&self) {
        let mut receiver = self.asked.subscribe();
        // The sender lives in `self`, so waiting can only end because there is a reason.
        let _ = receiver.wait_for(Option::is_some).await;
    }
}

impl Default for Interrupt {
    fn default() -> Interrupt {
        Interrupt::new()
    }
}
