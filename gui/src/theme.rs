//! Colours, sizes and the styles of roles. No view names a colour itself.
//!
//! Red means one thing: somebody sees or controls this screen. Mistakes and
//! faults are amber.

use iced::border::{self, Border};
use iced::widget::{
    container, progress_bar, qr_code, rule, scrollable, text, text_editor, text_input,
};
use iced::{Background, Color, Font, Theme, color, font};

/// Distances in pixels.
pub(crate) mod space {
    /// Between parts of one thing.
    pub(crate) const XS: f32 = 4.0;
    /// Between things that belong together.
    pub(crate) const S: f32 = 8.0;
    /// Inside of a box.
    pub(crate) const M: f32 = 12.0;
    /// Between boxes.
    pub(crate) const L: f32 = 16.0;
    /// Around a page.
    pub(crate) const XL: f32 = 24.0;
}

/// Sizes of text in pixels.
pub(crate) mod size {
    /// Times, marks.
    pub(crate) const SMALL: f32 = 12.0;
    /// Second lines.
    pub(crate) const NOTE: f32 = 13.0;
    /// Everything else.
    pub(crate) const BODY: f32 = 14.5;
    /// The head of a box.
    pub(crate) const HEAD: f32 = 17.0;
    /// The head of a page.
    pub(crate) const TITLE: f32 = 23.0;
}

/// How round a box is.
pub(crate) const RADIUS: f32 = 8.0;

/// The text font.
pub(crate) const FONT: Font = Font::with_name("Inter");
/// The same, for heads and names.
pub(crate) const STRONG: Font = Font {
    weight: font::Weight::Semibold,
    ..FONT
};
/// Ids, and numbers to compare.
pub(crate) const MONO: Font = Font::with_name("Fira Code");
/// Reactions: looks alike wherever it runs, also where no font has them.
pub(crate) const EMOJI: Font = Font::with_name("Noto Emoji");

/// The files of the fonts that views use.
pub(crate) const FONTS: [&[u8]; 5] = [
    include_bytes!("../fonts/Inter-Regular.otf"),
    include_bytes!("../fonts/Inter-SemiBold.otf"),
    include_bytes!("../fonts/FiraCode-Regular.ttf"),
    include_bytes!("../fonts/NotoEmoji.ttf"),
    crate::widgets::icon::FONT_BYTES,
];

/// What a colour is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Colors {
    /// Behind everything.
    pub(crate) ground: Color,
    /// Boxes and pages.
    pub(crate) surface: Color,
    /// What lies on a page: others' messages, fields.
    pub(crate) raised: Color,
    /// Where the pointer is.
    pub(crate) hover: Color,
    /// What is chosen.
    pub(crate) chosen: Color,
    /// Lines between.
    pub(crate) line: Color,
    /// Text.
    pub(crate) text: Color,
    /// Second lines.
    pub(crate) muted: Color,
    /// What can be done; links; the focus ring.
    pub(crate) accent: Color,
    /// Text on it.
    pub(crate) on_accent: Color,
    /// My own messages.
    pub(crate) mine: Color,
    /// It works; verified; here.
    pub(crate) good: Color,
    /// Careful; it doesn't work.
    pub(crate) warn: Color,
    /// Behind a warning.
    pub(crate) warn_soft: Color,
    /// Somebody sees or controls this screen.
    pub(crate) live: Color,
    /// Text on it.
    pub(crate) on_live: Color,
}

const LIGHT: Colors = Colors {
    ground: color!(0xEEF1F4),
    surface: color!(0xFFFFFF),
    raised: color!(0xF3F5F8),
    hover: color!(0xE7ECF2),
    chosen: color!(0xDCE9FB),
    line: color!(0xDDE2E8),
    text: color!(0x1A2028),
    muted: color!(0x586472),
    accent: color!(0x1B62C9),
    on_accent: color!(0xFFFFFF),
    mine: color!(0xDDEBFD),
    good: color!(0x1B7A4B),
    warn: color!(0x8A5A00),
    warn_soft: color!(0xFFF3D6),
    live: color!(0xC8202F),
    on_live: color!(0xFFFFFF),
};

const DARK: Colors = Colors {
    ground: color!(0x12161B),
    surface: color!(0x1A1F26),
    raised: color!(0x242B34),
    hover: color!(0x2A323D),
    chosen: color!(0x24405F),
    line: color!(0x323B47),
    text: color!(0xE8ECF1),
    muted: color!(0x9BA8B6),
    accent: color!(0x74ADFF),
    on_accent: color!(0x0B1B30),
    mine: color!(0x21426A),
    good: color!(0x5CCB92),
    warn: color!(0xE8B454),
    warn_soft: color!(0x3A301A),
    live: color!(0xE5434F),
    on_live: color!(0xFFFFFF),
};

/// The colours that a theme stands for.
pub(crate) fn colors(theme: &Theme) -> Colors {
    match theme.extended_palette().is_dark {
        true => DARK,
        false => LIGHT,
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Scheme {
    /// Dark text on light ground.
    #[default]
    Light,
    /// Light text on dark ground.
    Dark,
}

impl Scheme {
    /// The theme for iced's own widgets.
    pub(crate) fn theme(self) -> Theme {
        let (name, c) = match self {
            Self::Light => ("Kith light", LIGHT),
            Self::Dark => ("Kith dark", DARK),
        };
        Theme::custom(
            name,
            iced::theme::Palette {
                background: c.surface,
                text: c.text,
                primary: c.accent,
                success: c.good,
                warning: c.warn,
                danger: c.warn,
            },
        )
    }
}

type BoxStyle = container::Style;

fn filled(color: Color) -> BoxStyle {
    BoxStyle {
        background: Some(Background::Color(color)),
        ..BoxStyle::default()
    }
}

/// Behind everything.
pub(crate) fn ground(theme: &Theme) -> BoxStyle {
    filled(colors(theme).ground)
}

/// A page.
pub(crate) fn page(theme: &Theme) -> BoxStyle {
    filled(colors(theme).surface)
}

/// A box on the ground or a page.
pub(crate) fn card(theme: &Theme) -> BoxStyle {
    let c = colors(theme);
    BoxStyle {
        background: Some(Background::Color(c.surface)),
        border: outline(c.line),
        ..BoxStyle::default()
    }
}

/// A dialog above the page. Without a shadow: the software renderer draws
/// shadows again beyond what changed, and they grow darker each time.
pub(crate) fn dialog(theme: &Theme) -> BoxStyle {
    BoxStyle {
        border: outline(colors(theme).line).rounded(12),
        ..card(theme)
    }
}

/// What lies behind a dialog.
pub(crate) fn shade(_: &Theme) -> BoxStyle {
    filled(Color::from_rgba(0.05, 0.07, 0.1, 0.45))
}

/// Something quiet on a page.
pub(crate) fn raised(theme: &Theme) -> BoxStyle {
    BoxStyle {
        border: border::rounded(RADIUS),
        ..filled(colors(theme).raised)
    }
}

/// A message of mine.
pub(crate) fn mine(theme: &Theme) -> BoxStyle {
    BoxStyle {
        border: border::rounded(12),
        ..filled(colors(theme).mine)
    }
}

/// A message of somebody else.
pub(crate) fn theirs(theme: &Theme) -> BoxStyle {
    BoxStyle {
        border: border::rounded(12),
        ..filled(colors(theme).raised)
    }
}

/// What deserves attention.
pub(crate) fn warning(theme: &Theme) -> BoxStyle {
    let c = colors(theme);
    BoxStyle {
        text_color: Some(c.text),
        border: border::rounded(RADIUS),
        ..filled(c.warn_soft)
    }
}

/// Somebody sees this screen.
pub(crate) fn live(theme: &Theme) -> BoxStyle {
    let c = colors(theme);
    BoxStyle {
        text_color: Some(c.on_live),
        ..filled(c.live)
    }
}

/// A small round mark with a number.
pub(crate) fn badge(theme: &Theme) -> BoxStyle {
    let c = colors(theme);
    BoxStyle {
        text_color: Some(c.on_accent),
        border: border::rounded(10),
        ..filled(c.accent)
    }
}

/// A short passing note at the edge.
pub(crate) fn toast(theme: &Theme) -> BoxStyle {
    let c = colors(theme);
    BoxStyle {
        text_color: Some(c.surface),
        border: border::rounded(RADIUS),
        ..filled(c.text)
    }
}

fn outline(color: Color) -> Border {
    border::rounded(RADIUS).color(color).width(1)
}

/// Second lines.
pub(crate) fn muted(theme: &Theme) -> text::Style {
    tinted(colors(theme).muted)
}

/// It works, verified, here.
pub(crate) fn good(theme: &Theme) -> text::Style {
    tinted(colors(theme).good)
}

/// Careful.
pub(crate) fn warn(theme: &Theme) -> text::Style {
    tinted(colors(theme).warn)
}

/// What leads on.
pub(crate) fn accent(theme: &Theme) -> text::Style {
    tinted(colors(theme).accent)
}

const fn tinted(color: Color) -> text::Style {
    text::Style { color: Some(color) }
}

/// A field of one line.
pub(crate) fn field(theme: &Theme, status: text_input::Status) -> text_input::Style {
    let c = colors(theme);
    let line = match status {
        text_input::Status::Focused { .. } => c.accent,
        text_input::Status::Hovered => c.muted,
        _ => c.line,
    };
    text_input::Style {
        background: Background::Color(c.raised),
        border: outline(line),
        icon: c.muted,
        placeholder: c.muted,
        value: c.text,
        selection: c.chosen,
    }
}

/// A field of several lines.
pub(crate) fn editor(theme: &Theme, status: text_editor::Status) -> text_editor::Style {
    let c = colors(theme);
    let line = match status {
        text_editor::Status::Focused { .. } => c.accent,
        text_editor::Status::Hovered => c.muted,
        _ => c.line,
    };
    text_editor::Style {
        background: Background::Color(c.raised),
        border: outline(line),
        placeholder: c.muted,
        value: c.text,
        selection: c.chosen,
    }
}

/// A line between.
pub(crate) fn line(theme: &Theme) -> rule::Style {
    rule::Style {
        color: colors(theme).line,
        ..rule::default(theme)
    }
}

/// How much of a file is here.
pub(crate) fn bar(theme: &Theme) -> progress_bar::Style {
    let c = colors(theme);
    progress_bar::Style {
        background: Background::Color(c.hover),
        bar: Background::Color(c.accent),
        border: border::rounded(3),
    }
}

/// A list that scrolls.
pub(crate) fn scroll(theme: &Theme, status: scrollable::Status) -> scrollable::Style {
    let c = colors(theme);
    let mut style = scrollable::default(theme, status);
    for rail in [&mut style.vertical_rail, &mut style.horizontal_rail] {
        rail.background = None;
        rail.scroller.background = Background::Color(c.line);
        rail.scroller.border = border::rounded(4);
    }
    style
}

/// A code to be scanned: dark on light, whatever the colours are.
pub(crate) fn code(_: &Theme) -> qr_code::Style {
    qr_code::Style {
        cell: Color::BLACK,
        background: Color::WHITE,
    }
}
