// The takes that the history shows: fetched page by page, searched, changed, deleted and brought back. Draws nothing.

const PAGE = 40; // takes fetched at once

export class Shelf {
  /** @type {any[] | null} null until the first answer */
  takes = null;
  more = false;
  /** @type {unknown} */
  problem = null;
  query = '';
  starred = false;
  #asked = 0;

  /**
   * @param {any} api
   * @param {() => void} onChange
   */
  constructor(api, onChange) {
    this.api = api;
    this.onChange = onChange;
  }

  get narrowed() {
    return Boolean(this.query) || this.starred;
  }

  /** Answers that come after a later question are let fall. @param {{further?: boolean}} [how] further: what comes after the ones shown */
  async fetch({ further = false } = {}) {
    const mine = (this.#asked += 1);
    try {
      const answer = await this.api.get(`/api/history?${this.#question(further)}`);
      if (mine !== this.#asked) return;
      const known = further ? this.takes ?? [] : [];
      this.takes = [...known, ...answer.takes.filter((/** @type {any} */ one) => !known.some((old) => old.id === one.id))];
      this.more = answer.takes.length === PAGE && this.takes.length > known.length;
      this.problem = null;
    } catch (error) {
      if (mine !== this.#asked) return;
      this.problem = error;
    }
    this.onChange();
  }

  /** @param {any} take @param {any} change */
  async change(take, change) {
    const changed = await this.api.patch(this.#address(take), change);
    this.takes = (this.takes ?? []).map((one) => (one.id === take.id ? { ...one, ...changed } : one));
    this.onChange();
  }

  /**
   * @param {any} take
   * @returns {Promise<string | undefined>} the take that now stands in its place
   */
  async remove(take) {
    const at = (this.takes ?? []).findIndex((one) => one.id === take.id);
    await this.api.delete(this.#address(take));
    this.takes = (this.takes ?? []).filter((one) => one.id !== take.id);
    this.onChange();
    return this.takes[Math.min(at, this.takes.length - 1)]?.id;
  }

  /** @param {any} take */
  async restore(take) {
    await this.api.post(`${this.#address(take)}/restore`);
    await this.fetch();
  }

  /** No later answer changes anything. */
  close() {
    this.#asked += 1;
  }

  /** @param {boolean} further */
  #question(further) {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (this.query) query.set('q', this.query);
    if (this.starred) query.set('starred', '1');
    const last = this.takes?.[this.takes.length - 1];
    if (further && last) query.set('before', last.id);
    return query;
  }

  /** @param {any} take */
  #address(take) {
    return `/api/history/${encodeURIComponent(take.id)}`;
  }
}
