//! Notices on the desktop, by its own service (the freedesktop.org
//! specification of notifications, over D-Bus). Where there is none, nothing is
//! shown and nothing is lost: everything is in the window.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
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

/// Something is to be done; what is known of it stands beside.
enum Order {
    /// To be shown, if nothing was hushed since: how often it was by then.
    Show(Notice, u64),
    /// [`Teller::hush`] was called.
    Hush,
}

/// Shows notices.
#[derive(Debug, Clone)]
pub(crate) struct Teller {
    orders: mpsc::SyncSender<Order>,
    /// How often all was taken away. What waits from before is never shown,
    /// however slow the service is: somebody may see the screen by now.
    hushed: Arc<AtomicU64>,
}

impl Teller {
    /// Nothing is connected before something is to be shown.
    pub(crate) fn begin() -> Self {
        let (orders, ordered) = mpsc::sync_channel(WAITING);
        let hushed = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&hushed);
        thread::spawn(move || run(&ordered, &count));
        Self { orders, hushed }
    }

    /// Shows one, in the place of an older one about the same.
    pub(crate) fn show(&self, notice: Notice) {
        let hushed = self.hushed.load(Ordering::SeqCst);
        let _ = self.orders.try_send(Order::Show(notice, hushed));
    }

    /// Takes all away, and what waits.
    pub(crate) fn hush(&self) {
        self.hushed.fetch_add(1, Ordering::SeqCst);
        // Only to wake it: where so much waits that there is no room, it is
        // awake, and looks at the count before each.
        let _ = self.orders.try_send(Order::Hush);
    }
}

fn run(ordered: &mpsc::Receiver<Order>, hushed: &AtomicU64) {
    let mut standing: BTreeMap<String, NotificationHandle> = BTreeMap::new();
    let mut heard = 0;
    let mut take_away = |standing: &mut BTreeMap<String, NotificationHandle>| {
        let now = hushed.load(Ordering::SeqCst);
        if std::mem::replace(&mut heard, now) != now {
            let all = std::mem::take(standing);
            all.into_values().for_each(NotificationHandle::close);
        }
        now
    };
    while let Ok(order) = ordered.recv() {
        let now = take_away(&mut standing);
        if let Order::Show(notice, asked) = order
            && asked == now
        {
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
            // The service may have taken its time.
            take_away(&mut standing);
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
        /// It takes its time until it hears of this, for what is slow.
        free: Arc<std::sync::Mutex<mpsc::Receiver<()>>>,
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
            let slow = summary == "slow";
            let _ = self.heard.send(Asked::Show(replaces, summary, body));
            if slow {
                let _ = self.free.lock().unwrap().recv();
            }
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
        let (let_go, free) = mpsc::sync_channel(1);
        let free = Arc::new(std::sync::Mutex::new(free));
        let next = 0;
        let service = zbus::connection::Builder::session()
            .name("org.freedesktop.Notifications")
            .serve_at(
                "/org/freedesktop/Notifications",
                Service { heard, next, free },
            );
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
        // What waited when all was to be quiet is not shown, and what was just
        // on its way is taken away, however many there are.
        teller.show(notice("c", "slow"));
        assert_eq!(hear(), Asked::Show(0, "slow".into(), String::new()));
        for n in 0..2 * WAITING {
            teller.show(notice(&n.to_string(), "waits"));
        }
        teller.hush();
        let_go.send(()).unwrap();
        assert_eq!(hear(), Asked::Close(4));
        // There is room again at some time.
        while teller.orders.try_send(Order::Hush).is_err() {
            thread::yield_now();
        }
        teller.show(notice("d", "later"));
        assert_eq!(hear(), Asked::Show(0, "later".into(), String::new()));
        drop(service);
    }
}
