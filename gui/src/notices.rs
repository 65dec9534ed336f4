//! Notices on the desktop, by its own service (the freedesktop.org
//! specification of notifications, over D-Bus). Where there is none, nothing is
//! shown and nothing is lost: everything is in the window.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;

use notify_rust::{Hint, Notification, NotificationHandle, Timeout};

use crate::state::notice::Notice;

/// How many notices wait for a service that is slow; beyond that they are
/// dropped.
const WAITING: usize = 16;
/// How many stand at most.
const STANDING: usize = 16;
/// How long one stands, in milliseconds.
const STAYS: u32 = 8_000;

enum Order {
    Show(Notice),
    Hush,
}

/// Shows notices.
#[derive(Debug, Clone)]
pub(crate) struct Teller(mpsc::SyncSender<Order>);

impl Teller {
    /// Nothing is connected before something is to be shown.
    pub(crate) fn begin() -> Self {
        let (orders, ordered) = mpsc::sync_channel(WAITING);
        thread::spawn(move || run(&ordered));
        Self(orders)
    }

    /// Shows one, in the place of an older one about the same.
    pub(crate) fn show(&self, notice: Notice) {
        let _ = self.0.try_send(Order::Show(notice));
    }

    /// Takes all away.
    pub(crate) fn hush(&self) {
        let _ = self.0.try_send(Order::Hush);
    }
}

fn run(ordered: &mpsc::Receiver<Order>) {
    let mut standing: BTreeMap<String, NotificationHandle> = BTreeMap::new();
    while let Ok(order) = ordered.recv() {
        match order {
            Order::Show(notice) => {
                let mut shown = Notification::new();
                // All of it stands in the summary, which is plain text: a body
                // may be read as markup, and names are other people's.
                shown
                    .appname("Kith")
                    .summary(&notice.words)
                    .icon("kith")
                    .hint(Hint::Category("im.received".to_owned()))
                    // Kept in no list of what was shown.
                    .hint(Hint::Transient(true))
                    .timeout(Timeout::Milliseconds(STAYS));
                if let Some(before) = standing.get(&notice.about) {
                    shown.id(before.id());
                }
                if standing.len() >= STANDING
                    && let Some((_, first)) = standing.pop_first()
                {
                    first.close();
                }
                if let Ok(handle) = shown.show() {
                    standing.insert(notice.about, handle);
                }
            }
            Order::Hush => {
                let all = std::mem::take(&mut standing);
                all.into_values().for_each(NotificationHandle::close);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    /// What a service for notices was asked for.
    #[derive(Debug, PartialEq)]
    enum Asked {
        Show(u32, String, String),
        Close(u32),
    }

    struct Service {
        heard: mpsc::SyncSender<Asked>,
        next: u32,
    }

    #[zbus::interface(name = "org.freedesktop.Notifications")]
    impl Service {
        #[allow(clippy::too_many_arguments, reason = "the specification has so many")]
        fn notify(
            &mut self,
            _program: String,
            replaces: u32,
            _icon: String,
            summary: String,
            body: String,
            _actions: Vec<String>,
            _hints: HashMap<String, zbus::OwnedVariant>,
            _stays: i32,
        ) -> u32 {
            let _ = self.heard.send(Asked::Show(replaces, summary, body));
            self.next += 1;
            match replaces {
                0 => self.next,
                same => same,
            }
        }

        fn close_notification(&mut self, id: u32) {
            let _ = self.heard.send(Asked::Close(id));
        }
    }

    /// On a bus of its own, and so in a process of its own: which bus is meant
    /// is said by the environment.
    #[test]
    fn notices_reach_the_service_and_are_taken_away() {
        const INSIDE: &str = "KITH_TEST_OWN_BUS";
        if std::env::var_os(INSIDE).is_some() {
            return with_a_service();
        }
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon is there");
        let mut address = String::new();
        let mut said = BufReader::new(bus.stdout.take().unwrap());
        said.read_line(&mut address).unwrap();
        let ended = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "notices::tests::notices_reach_the_service_and_are_taken_away",
            ])
            .env(INSIDE, "1")
            .env("DBUS_SESSION_BUS_ADDRESS", address.trim())
            .output();
        let _ = bus.kill();
        let _ = bus.wait();
        let ended = ended.unwrap();
        let words = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{words}");
        assert!(words.contains("1 passed"), "{words}");
    }

    fn with_a_service() {
        let (heard, hears) = mpsc::sync_channel(WAITING);
        let next = 0;
        let service = zbus::connection::Builder::session()
            .name("org.freedesktop.Notifications")
            .serve_at("/org/freedesktop/Notifications", Service { heard, next });
        let service = futures::executor::block_on(service.build()).unwrap();
        let hear = || hears.recv_timeout(Duration::from_secs(60)).unwrap();
        let teller = Teller::begin();
        let notice = |about: &str, words: &str| Notice {
            about: about.into(),
            words: words.into(),
        };
        teller.show(notice("a", "A message from <b>Ben</b>"));
        let (words, body) = ("A message from <b>Ben</b>".to_owned(), String::new());
        assert_eq!(hear(), Asked::Show(0, words, body));
        teller.show(notice("a", "again"));
        assert_eq!(hear(), Asked::Show(1, "again".into(), String::new()));
        teller.show(notice("b", "other"));
        assert_eq!(hear(), Asked::Show(0, "other".into(), String::new()));
        teller.hush();
        assert_eq!([hear(), hear()], [Asked::Close(1), Asked::Close(3)]);
        drop(service);
    }
}
