// What tests/accessibility.py has a browser do once axe is there: with the page as it is, or with one document after
// the other in its place.
window.checks = (() => {
    const FEW = 8;
    const ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const COLOURS = ["color-contrast", "link-in-text-block"];
    const BUT_COLOURS = { runOnly: ALL, rules: Object.fromEntries(COLOURS.map((rule) => [rule, { enabled: false }])) };
    let documents = [];
    let frames, legible, visible;

    // Only what a reader of the failure needs crosses over. Preloading asks for each style sheet again, for rules that
    // are not among ours.
    async function run(part, options) {
        const { violations } = await axe.run(part, { ...options, resultTypes: ["violations"], preload: false });
        return violations.map(({ id, nodes }) =>
            `${id}: ` + nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | "));
    }

    const elements = () => [...document.querySelectorAll("body, body *")];
    const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
    const isOpaque = (colour) => !colour.startsWith("rgba(") && !colour.includes("/");
    const outermost = (some) => [...some].filter((element) => !some.has(element.parentElement));
    const hasWords = (element) => element.matches("input, select, textarea, button")
        || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

    // All that decides whether the words of an element can be told from what they lie on: words that are drawn alike are
    // checked once, in whichever document, at whichever width.
    function ink(element) {
        const { color, fontSize, fontWeight, textDecorationLine } = getComputedStyle(element);
        const parts = [color, fontSize, fontWeight];
        if (element.closest("a")) parts.push(textDecorationLine, getComputedStyle(element.closest("a").parentElement).color);
        for (let under = element; under; under = under.parentElement) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(under);
            parts.push(backgroundColor, backgroundImage === "none", opacity);
            if (isOpaque(backgroundColor) && opacity === "1") break;
        }
        return parts.join();
    }

    const sheets = (of) => [...of.querySelectorAll("link[rel=stylesheet], style")];
    const loaded = (sheet) => sheet.sheet || new Promise((done) => { sheet.onload = sheet.onerror = done; });

    async function show(html) {
        const shown = new DOMParser().parseFromString(html, "text/html");
        for (const parent of shown.querySelectorAll("select, optgroup, datalist, tbody, ul, ol, dl")) {
            for (const child of [...parent.children].slice(FEW, -2)) child.remove();
        }
        const addresses = (of) => sheets(of).map((sheet) => sheet.getAttribute("href") ?? sheet.textContent).join();
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

    // Whether what surrounds the page's own part was checked already, with another page.
    function hasKnownFrame() {
        const around = elements().filter((element) => !element.closest("main"));
        const frame = around.map((element) => element.tagName + element.className).join();
        return frames.has(frame) || !frames.add(frame);
    }

    const looks = {
        structure(name) {
            visible.set(name, elements().map(isShown));
            return run(document, BUT_COLOURS);
        },
        // What the width before did not show; and the frames, whose order may be another one here.
        appeared(name) {
            const before = visible.get(name);
            const fresh = new Set(elements().filter((element, place) => !before[place] && isShown(element)));
            if (!hasKnownFrame()) return run(document, BUT_COLOURS);
            const own = outermost(fresh).filter((element) => element.closest("main"));
            return own.length ? run({ include: own }, BUT_COLOURS) : [];
        },
        async colours() {
            const inks = new Map();
            for (const element of elements()) {
                if (!hasWords(element) || !isShown(element)) continue;
                const drawn = ink(element);
                if (!legible.has(drawn) && !inks.has(drawn)) inks.set(drawn, element);
            }
            if (!inks.size) return [];
            const faults = await run({ include: [...inks.values()] }, { runOnly: COLOURS });
            if (!faults.length) for (const drawn of inks.keys()) legible.add(drawn);
            return faults;
        },
        width: () => document.documentElement.scrollWidth > document.documentElement.clientWidth
            ? ["wider than the window"] : [],
    };

    return {
        of(those) {
            documents = those;
            [frames, legible, visible] = [new Set(), new Set(), new Map()];
        },
        async look(...names) {
            const found = [];
            for (const [title, html] of documents.length ? documents : [[null, null]]) {
                if (html !== null) await show(html);
                for (const name of names) {
                    for (const fault of await looks[name](title)) found.push(title === null ? fault : `${title}: ${fault}`);
                }
            }
            return found;
        },
    };
})();
null; // a function would be called at once
