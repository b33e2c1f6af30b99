"""The back office in the tracker's colours: what the admin's theme is told. Functions are named by their paths."""

from typing import Any

# The tokens of static/css/app.css in the steps in which the theme names colours: grounds and lines, from the
# lightest of the light page to the darkest of the dark one, and the accent.
GROUND = {
    "50": "#f4f6f8",
    "100": "#eef1f5",
    "200": "#e1e6ec",
    "300": "#c5ceda",
    "400": "#9dabbe",
    "500": "#5f6b7c",
    "600": "#4f5b6d",
    "700": "#3a4b62",
    "800": "#223044",
    "900": "#111823",
    "950": "#0b1017",
}
ACCENT = {
    "50": "#f1f7fe",
    "100": "#e5f0fd",
    "200": "#c6defb",
    "300": "#98c5fd",
    "400": "#78b6ff",
    "500": "#5ea8ff",
    "600": "#0a5fc4",
    "700": "#094fa3",
    "800": "#0c3f7d",
    "900": "#12294a",
    "950": "#06203f",
}
FONT = {
    "subtle-light": "#5f6b7c",
    "subtle-dark": "#9dabbe",
    "default-light": "#344054",
    "default-dark": "#c9d4e2",
    "important-light": "#101828",
    "important-dark": "#e7edf5",
}

BACK_OFFICE: dict[str, Any] = {
    "SITE_TITLE": "GenThrust",
    "SITE_HEADER": "GenThrust",
    "SITE_SUBHEADER": "Back office",
    "SITE_URL": "/",
    "SITE_ICON": "genthrust.back_office.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "genthrust.back_office.icon"}],
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": GROUND, "primary": ACCENT, "font": FONT},
    "STYLES": ["genthrust.back_office.style"],
    "SCRIPTS": ["genthrust.back_office.script"],
    "SHOW_BACK_BUTTON": True,
    "THEME": "genthrust.back_office.theme",
    "ENVIRONMENT": "genthrust.back_office.environment",
    "DASHBOARD_CALLBACK": "genthrust.back_office.overview",
    "SIDEBAR": {"navigation": "genthrust.back_office.navigation"},
    "ACCOUNT": {"navigation": "genthrust.back_office.account"},
}
