import { listPeople } from './api/issues';
import type { Assignable } from './api/types';
import { Resource } from './resource.svelte';
import { session } from './session.svelte';

/** Whom issues can be assigned to. Asked for when the first list of people opens, and again with each. */
class People {
  list = new Resource<Assignable[]>();

  load() {
    void this.list.load('people', (signal) => listPeople(session.org, signal));
  }

  /** Choices for a list: the person who asks first, then nobody, then the others by name. */
  get choices(): { value: string; label: string; note: string }[] {
    const me = session.config.data?.user?.id;
    const people = this.list.data;
    if (!people) return [];
    const choice = ({ id, name, email }: Assignable) => ({
      value: `user:${id}`,
      label: (name || email) + (id === me ? ' (me)' : ''),
      note: name ? email : '',
    });
    return [
      ...people.filter(({ id }) => id === me).map(choice),
      { value: '', label: 'Nobody', note: '' },
      ...people.filter(({ id }) => id !== me).map(choice),
    ];
  }
}

export const people = new People();
