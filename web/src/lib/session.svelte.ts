import * as auth from './api/auth';
import { listProjects } from './api/projects';
import type { AuthConfig, Project } from './api/types';
import { forgetAnswers, Resource } from './resource.svelte';
import { reaches, type Role } from './roles';

/** Who is signed in, to which organization, and its projects: what every page needs. */
class Session {
  config = new Resource<AuthConfig>();
  projects = new Resource<Project[]>();

  get org(): string {
    return this.config.data?.organization.slug ?? '';
  }

  /** Whether the server would let this person do what takes a role. What they may not do is not offered. */
  may(role: Role): boolean {
    return reaches(this.config.data?.user?.role, role);
  }

  /** Whether a project is a demo, where there are others that it could be taken for. */
  tellsDemo(slug: string): boolean {
    const projects = this.projects.data ?? [];
    return projects.some((one) => one.isDemo && one.slug === slug) && projects.some((one) => !one.isDemo);
  }

  async load() {
    await this.config.load('auth/config', auth.getAuthConfig);
    if (this.config.data?.signedIn) await this.loadProjects();
  }

  async loadProjects() {
    await this.projects.load('projects', (signal) => listProjects(this.org, signal));
  }

  async signOut() {
    await auth.signOut();
    forgetAnswers();
    await this.load();
  }

  /** The server says the session has ended: ask for a sign-in, without forgetting where one was. */
  end() {
    const config = this.config.data;
    if (config?.signedIn) this.config.set({ ...config, signedIn: false, user: null });
  }
}

export const session = new Session();
