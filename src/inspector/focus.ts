// Brings the keyboard to a part of the page.

/** What the keyboard is meant for in a part: first what moves in it by arrow keys, else its first control. */
const wanted = ['[tabindex="0"]', 'summary, select, input, button'];

/** Gives the focus to what is meant for the keyboard in an element's shadow tree, or in one below. */
export function focusInto(element: Element | null): void {
  for (const selector of wanted) {
    const found = element?.shadowRoot == null ? undefined : firstIn(element.shadowRoot, selector);
    if (found === undefined) continue;
    found.focus();
    return;
  }
}

/** The first element that a selector matches and that can be used, in a shadow tree or in one below. */
export function firstIn(root: ParentNode, selector: string): HTMLElement | undefined {
  for (const element of root.querySelectorAll<HTMLElement>('*')) {
    if (element.matches(selector) && !element.matches(':disabled')) return element;
    const below = element.shadowRoot === null ? undefined : firstIn(element.shadowRoot, selector);
    if (below !== undefined) return below;
  }
  return undefined;
}
