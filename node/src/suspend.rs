//! The machine is about to sleep (ID-7): who is told so, and is waited for.
//!
//! logind says it on the system's bus and leaves a moment, five seconds by its
//! own default, for what has to be done before (its interface
//! `org.freedesktop.login1.Manager`: `Inhibit`, `PrepareForSleep`). Where there
//! is none, nothing is told.

use futures::StreamExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zbus::zvariant::OwnedFd;
use zbus::{Connection, Proxy};

/// The machine is about to sleep, and does so once this is dropped or the
/// moment is over.
#[derive(Debug)]
pub struct Sleep {
    _held: Option<OwnedFd>,
}

/// What tells of it.
#[derive(Debug)]
pub struct Sleeps {
    told: mpsc::Receiver<Sleep>,
    task: JoinHandle<()>,
}

impl Drop for Sleeps {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sleeps {
    /// Begins to listen.
    #[must_use]
    pub fn watch() -> Self {
        let (tell_to, told) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            if let Err(error) = tell(&tell_to).await {
                tracing::info!(%error, "nothing tells when this machine sleeps");
            }
        });
        Self { told, task }
    }

    /// The next time; never, where nothing tells of it.
    pub async fn next(&mut self) -> Sleep {
        match self.told.recv().await {
            Some(sleep) => sleep,
            None => std::future::pending().await,
        }
    }
}

async fn tell(to: &mpsc::Sender<Sleep>) -> zbus::Result<()> {
    const NAME: &str = "org.freedesktop.login1";
    const PATH: &str = "/org/freedesktop/login1";
    let bus = Connection::system().await?;
    let logind = Proxy::new(&bus, NAME, PATH, "org.freedesktop.login1.Manager").await?;
    let mut news = logind.receive_signal("PrepareForSleep").await?;
    let mut held = Some(hold(&logind).await?);
    while let Some(message) = news.next().await {
        match message.body().deserialize()? {
            true => {
                let sleep = Sleep { _held: held.take() };
                if to.send(sleep).await.is_err() {
                    break;
                }
            }
            // It is awake again.
            false => held = Some(hold(&logind).await?),
        }
    }
    Ok(())
}

/// While this is held, sleeping waits a moment.
async fn hold(logind: &Proxy<'_>) -> zbus::Result<OwnedFd> {
    let why = "Kith locks its data";
    logind
        .call("Inhibit", &("sleep", "Kith", why, "delay"))
        .await
}
