// What tests/accessibility.py has a browser do once axe is there: with the page as it is, or with one document after
// the other in its place.
window.checks = (() => {
    const FEW = 8;
    const ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const COLOURS = ["color-contrast", "link-in-text-block"];
    const BUT_COLOURS = { runOnly: ALL, rules: Object.fromEntries(COLOURS.map((rule) => [rule, { enabled: false }])) };
    let documents = {};
    let frames = new Set();
    const seen = new Map(); // theme and name: how each element looked

    // Only what a reader of the failure needs crosses over. Preloading asks for each style sheet again, for rules that
    // are not among ours.
    async function run(part, options) {
        const { violations } = await axe.run(part, { ...options, resultTypes: ["violations"], preload: false });
        return violations.map(({ id, nodes }) =>
            `${id}: ` + nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | "));
    }

    // How each element is drawn, as far as colours are concerned; nothing for one that is not. What lies on a picture
    // axe cannot tell: a picture more makes no difference.
    function drawn() {
        return [...document.querySelectorAll("body, body *")].map((element) => {
            if (!element.checkVisibility({ visibilityProperty: true })) return "";
            const { color, backgroundColor, opacity, fontSize, fontWeight } = getComputedStyle(element);
            const isLarge = parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
            return [color, backgroundColor, opacity, isLarge].join();
        });
    }

    // The outermost elements with words that are drawn otherwise than before.
    function changed(before) {
        const elements = [...document.querySelectorAll("body, body *")];
        const now = drawn();
        const others = new Set(elements.filter((element, place) => now[place] && now[place] !== before[place] && element.textContent.trim()));
        return [...others].filter((element) => !others.has(element.parentElement));
    }

    const sheets = (of) => [...of.querySelectorAll("link[rel=stylesheet]")];
    const loaded = (link) => link.sheet || new Promise((done) => { link.onload = link.onerror = done; });

    async function show(html) {
        const shown = new DOMParser().parseFromString(html, "text/html");
        for (const parent of shown.querySelectorAll("select, optgroup, datalist, tbody, ul, ol, dl")) {
            for (const child of [...parent.children].slice(FEW, -2)) child.remove();
        }
        const addresses = (of) => sheets(of).map((link) => link.getAttribute("href")).join();
        if (addresses(shown) !== addresses(document)) {
            document.replaceChild(document.adoptNode(shown.documentElement), document.documentElement);
            await Promise.all(sheets(document).map(loaded));
            return;
        }
        const [old, fresh] = [document.documentElement, shown.documentElement];
        for (const { name } of [...old.attributes]) old.removeAttribute(name);
        for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
        document.title = shown.title;
        old.replaceChild(document.adoptNode(shown.body), document.body);
    }

    async function each(look) {
        const names = Object.keys(documents);
        if (!names.length) return look("");
        const found = [];
        for (const name of names) {
            await show(documents[name]);
            for (const fault of await look(name)) found.push(`${name}: ${fault}`);
        }
        return found;
    }

    // The page's own part, once what surrounds it was checked in this look.
    function news(name, look) {
        const around = [...document.querySelectorAll("body *")].filter((element) => !element.closest("main"));
        const frame = look + around.map((element) => element.tagName + element.className).join();
        const isKnown = name && frames.has(frame);
        frames.add(frame);
        return (isKnown && document.querySelector("main")) || document;
    }

    return {
        of(those) {
            documents = those;
            frames = new Set();
        },
        everything: (theme) => each((name) => {
            seen.set(theme + name, drawn());
            return run(document, { runOnly: ALL });
        }),
        colours: (theme) => each((name) => {
            seen.set(theme + name, drawn());
            return run(news(name, theme), { runOnly: COLOURS });
        }),
        changes: (theme) => each((name) => {
            const part = news(name, `${theme} changes`);
            const others = changed(seen.get(theme + name)).filter((element) => part.contains(element));
            return others.length ? run({ include: others }, { runOnly: theme === "light" ? ALL : COLOURS }) : [];
        }),
        frames: () => each((name) => {
            const part = news(name, "frames");
            return part === document ? run(part, BUT_COLOURS) : [];
        }),
        width: () => each(() =>
            document.documentElement.scrollWidth > document.documentElement.clientWidth ? ["wider than the window"] : []),
    };
})();
null; // a function would be called at once
