import { ApiError } from '$lib/api/http';
import { getProject } from '$lib/api/projects';
import { router } from '$lib/router.svelte';

/** A link may carry a former slug: leads on to the same page of the project as it is called today. */
export async function followRename(org: string, slug: string): Promise<void> {
  try {
    const project = await getProject(org, slug);
    const [from, to] = [slug, project.slug].map((one) => `/projects/${encodeURIComponent(one)}/`);
    if (from && to && from !== to && router.path.startsWith(from)) {
      router.go(to + router.path.slice(from.length) + router.search, { replace: true });
    }
  } catch (cause) {
    // There is none of that name at all, which the page itself says.
    if (!(cause instanceof ApiError)) throw cause;
  }
}
