//! The program around the model: window, subscriptions, and what effects mean
//! outside.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use futures::channel::oneshot;
use iced::advanced::widget::operate;
use iced::widget::operation;
use iced::{Element, Size, Subscription, Task, Theme, clipboard, event, keyboard, window};
use jiff::tz::TimeZone;
use kith_api::{ApiError, Code, MessageRef, Request};

use crate::downloads;
use crate::keys;
use crate::letters;
use crate::link::{self, Handle, Lane, News, Place};
use crate::notices::Teller;
use crate::private;
use crate::screens;
use crate::state::first::Wrong;
use crate::state::folder::why;
use crate::state::{Effect, Message, Model, Prefs, Tag, carried, dialog, figures, keep, share};
use crate::theme::{FONT, FONTS, size};
use crate::widgets::reveal::reveal;

/// The window's size at first, and the smallest, in pixels.
const WINDOW: Size = Size::new(1080.0, 720.0);
const SMALLEST: Size = Size::new(640.0, 460.0);

/// How long a passing note stays.
const NOTE: Duration = Duration::from_secs(5);

/// How often figures are asked for while somebody looks at them.
const SECOND: Duration = Duration::from_secs(1);

/// How often the windows are looked at while one of them is chosen.
const LOOK: Duration = Duration::from_secs(2);

struct App {
    model: Model,
    handle: Option<Handle>,
    place: Place,
    teller: Teller,
}

/// Opens the window, and returns when it is closed.
///
/// # Errors
/// There is no display, or no window can be made.
pub(crate) fn run(place: Place, language: Option<String>) -> iced::Result {
    let boot = move || {
        let text = prefs_file().and_then(|path| fs::read_to_string(path).ok());
        let mut prefs = Prefs::read(&text.unwrap_or_default());
        if language.is_some() {
            prefs.language.clone_from(&language);
        }
        let mut model = Model::new(prefs, TimeZone::system());
        model.only(letters::readable());
        App {
            model,
            handle: None,
            place: place.clone(),
            teller: Teller::begin(),
        }
    };
    let mut application = iced::application(boot, App::update, App::view)
        .title(App::title)
        .theme(App::theme)
        .scale_factor(|app: &App| app.model.prefs.scale.factor())
        .subscription(App::subscription)
        .default_font(FONT)
        .settings(iced::Settings {
            id: Some("kith".to_owned()),
            default_font: FONT,
            default_text_size: size::BODY.into(),
            ..iced::Settings::default()
        })
        .window(window::Settings {
            size: WINDOW,
            min_size: Some(SMALLEST),
            // Not before it is marked.
            visible: false,
            platform_specific: window::settings::PlatformSpecific {
                application_id: "kith".to_owned(),
                ..window::settings::PlatformSpecific::default()
            },
            ..window::Settings::default()
        });
    for font in FONTS {
        application = application.font(font);
    }
    application.run()
}

impl App {
    fn title(&self) -> String {
        screens::title(&self.model)
    }

    fn theme(&self) -> Theme {
        self.model.prefs.scheme.theme()
    }

    fn view(&self) -> Element<'_, Message> {
        screens::view(&self.model)
    }

    fn subscription(&self) -> Subscription<Message> {
        Subscription::batch([
            Subscription::run_with(self.place.clone(), link::begin).map(Message::Link),
            event::listen_with(|event, status, window| match event {
                iced::Event::Keyboard(keyboard::Event::KeyPressed {
                    key,
                    modifiers,
                    repeat,
                    ..
                }) => keys::pressed(&key, modifiers, repeat, status),
                iced::Event::Window(window::Event::Opened { .. }) => Some(Message::Opened(window)),
                iced::Event::Window(window::Event::Focused) => Some(Message::Focused(true)),
                iced::Event::Window(window::Event::Unfocused) => Some(Message::Focused(false)),
                iced::Event::Window(window::Event::FileDropped(path)) => {
                    Some(Message::Dropped(path))
                }
                _ => None,
            }),
        ])
    }

    fn update(&mut self, message: Message) -> Task<Message> {
        if let Message::Link(News::Ready(handle)) = &message {
            self.handle = Some(handle.clone());
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        self.model.now_ms = since.map_or(0, |s| u64::try_from(s.as_millis()).unwrap_or(u64::MAX));
        let effects = self.model.update(message);
        Task::batch(effects.into_iter().map(|effect| self.perform(effect)))
    }

    fn perform(&self, effect: Effect) -> Task<Message> {
        let ask = |lane, tag, request| {
            if let Some(handle) = &self.handle {
                handle.ask(lane, tag, request);
            }
        };
        match effect {
            Effect::Show(window) => return fitted(window).chain(private::show(window)),
            Effect::Ask(lane, tag, request) => ask(lane, tag, request),
            Effect::TakeBack => {
                if let Some(handle) = &self.handle {
                    handle.take_back();
                }
            }
            Effect::Create(begin) => {
                if let Some(handle) = &self.handle {
                    handle.create(begin);
                }
            }
            Effect::Keep(what, typed, passphrase) => {
                let kept = |done| Message::Keep(keep::Message::Kept(done));
                let path = match downloads::chosen(&typed, what.file()) {
                    Ok(path) => path,
                    Err(error) => return Task::done(kept(Err(why(&error)))),
                };
                match passphrase {
                    Some(passphrase) => {
                        let request = Request::BackupTo {
                            passphrase,
                            path: path.clone(),
                        };
                        ask(Lane::Aside, Tag::Kept(path), request);
                    }
                    None => {
                        let place = self.place.clone();
                        let write = move || {
                            let written = place.sheet(&path);
                            written
                                .map(|()| path)
                                .map_err(|e| Wrong::Said(e.to_string()))
                        };
                        return beside(write, kept);
                    }
                }
            }
            Effect::Run(passphrase) => {
                if let Some(handle) = &self.handle {
                    handle.run(passphrase);
                }
            }
            Effect::Focus(id) => return seen(operation::focus(id)),
            Effect::Step { back: true } => return seen(operation::focus_previous()),
            Effect::Step { back: false } => return seen(operation::focus_next()),
            Effect::Copy(text) => return clipboard::write(text),
            Effect::Fetch {
                room,
                message,
                name,
            } => {
                let of = MessageRef {
                    room: room.to_string(),
                    message,
                };
                match downloads::place(&name) {
                    Ok(path) => {
                        let tag = Tag::Fetched(path.clone());
                        ask(Lane::Aside, tag, Request::FileFetch { of, path });
                    }
                    Err(error) => {
                        let words = self.model.words.t("no-downloads");
                        let why = self.model.words.wrong(&why(&error));
                        let error = ApiError::new(Code::Storage, format!("{words}: {why}"));
                        let news = News::Answer(Tag::Done, Box::new(Err(error)));
                        return Task::done(Message::Link(news));
                    }
                }
            }
            Effect::List(folder) => {
                let asked = folder.clone();
                let list = move || downloads::list(folder).map_err(|e| why(&e));
                return beside(list, move |found| {
                    Message::Dialog(dialog::Message::Listed(asked.clone(), found))
                });
            }
            Effect::Read(path) => {
                let read = move || downloads::read(&path).map_err(|e| why(&e));
                return beside(read, |read| Message::Carried(carried::Message::Read(read)));
            }
            Effect::Put(package) => {
                let write = move || downloads::put(&package).map_err(|e| why(&e));
                return beside(write, |done| {
                    Message::Carried(carried::Message::Written(done))
                });
            }
            Effect::Save(prefs) => {
                let saved = prefs_file().map(|path| save(&path, &prefs.write()));
                // How the program looks isn't worth a message.
                drop(saved);
            }
            Effect::Notify(notice) => self.teller.show(notice),
            Effect::Hush => self.teller.hush(),
            Effect::Measure(session) => {
                let again = share::Message::Watch(figures::Message::Measure(session));
                return after(SECOND, Message::Share(again));
            }
            Effect::LookAgain(opened) => {
                let again = share::Message::LookAgain(opened);
                return after(LOOK, Message::Share(again));
            }
            Effect::Later(number) => return after(NOTE, Message::Seen(number)),
        }
        Task::none()
    }
}

/// Makes the window as small as its monitor, before it is seen: with a larger scale
/// it would be larger.
fn fitted(window: window::Id) -> Task<Message> {
    window::monitor_size(window).then(move |monitor| {
        match monitor.map(within).filter(|size| *size != WINDOW) {
            Some(size) => window::resize(window, size),
            None => Task::none(),
        }
    })
}

/// The window's first size on a monitor of this one. Some of it is the desktop's:
/// panels, and the window's own title.
fn within(monitor: Size) -> Size {
    const OURS: f32 = 0.92;
    Size::new(
        WINDOW.width.min(monitor.width * OURS),
        WINDOW.height.min(monitor.height * OURS),
    )
}

/// Gives something the keyboard, and scrolls to it.
fn seen(focus: Task<Message>) -> Task<Message> {
    focus.chain(operate(reveal()).discard())
}

fn after(pause: Duration, message: Message) -> Task<Message> {
    beside(move || thread::sleep(pause), move |()| message.clone())
}

/// Does something that takes a while, and says what came of it.
fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    says: impl Fn(T) -> Message + Send + 'static,
) -> Task<Message> {
    let (done, waits) = oneshot::channel();
    thread::spawn(move || {
        let _ = done.send(work());
    });
    Task::perform(waits, |came| came.ok()).and_then(move |came| Task::done(says(came)))
}

fn absolute(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
}

fn prefs_file() -> Option<PathBuf> {
    absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|h| h.join(".config")))
        .map(|folder| folder.join("kith").join("gui.conf"))
}

fn save(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UI-1: at a scale of 1.5 a screen of 1280 by 800 is 853 by 533.
    #[test]
    fn the_window_is_no_larger_than_its_monitor() {
        assert_eq!(within(Size::new(1920.0, 1080.0)), WINDOW);
        let small = Size::new(1280.0 / 1.5, 800.0 / 1.5);
        let fits = within(small);
        assert!(fits.width < small.width && fits.height < small.height);
    }
}
